/** Uniform numbers in [0, 1). */
export type Random = () => number

export function uniform(from: number, to: number, random: Random): number {
  return from + (to - from) * random()
}

/** By Box and Muller; `1 - random()` keeps the logarithm away from 0. */
export function normal(mean: number, deviation: number, random: Random): number {
  return mean + deviation * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

/** By multiplying uniforms until they fall below e^-mean (Knuth): fine for the small means used here. */
export function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean)
  let product = random()
  let count = 0
  for (; product > limit; count++) product *= random()
  return count
}

export function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(random() * items.length)]!
}
