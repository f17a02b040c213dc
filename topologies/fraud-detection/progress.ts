const everySeconds = 5
const everyShare = 0.1

/** Tells on stderr how far something is: at first, from then on each tenth or every five seconds, and at the end. */
export function progress(what: string, total: number): (count: number) => void {
  let told = { count: -1, at: 0 }
  return (count) => {
    const now = process.uptime()
    const due =
      told.count < 0 ||
      count - told.count >= total * everyShare ||
      now - told.at >= everySeconds ||
      (count >= total && told.count < total)
    if (!due || count === told.count) return
    told = { count, at: now }
    console.error(`${what}: ${formatCount(count)} of ${formatCount(total)}`)
  }
}

export function formatCount(count: number): string {
  return Math.round(count).toLocaleString('en-US')
}
