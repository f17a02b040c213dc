import { cpus, loadavg, release } from 'node:os'

export interface Contestant {
  readonly name: string
  /** Does the work once and returns how many records it was. */
  run(): number | Promise<number>
}

export interface Measured {
  readonly name: string
  /** Median of the rounds. */
  readonly recordsPerCpuSecond: number
}

/** One round of each in turn, so that what else the machine does hits all alike; one round to warm up is not counted. */
export async function measure(contestants: readonly Contestant[], rounds = 5): Promise<readonly Measured[]> {
  const results = contestants.map((): number[] => [])
  for (let round = 0; round <= rounds; round++) {
    for (const [i, contestant] of contestants.entries()) {
      const before = process.cpuUsage()
      const records = await contestant.run()
      const { user, system } = process.cpuUsage(before)
      if (round > 0) results[i]!.push(records / ((user + system) / 1e6))
    }
  }
  return contestants.map(({ name }, i) => ({ name, recordsPerCpuSecond: median(results[i]!) }))
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!
}

/** What a number needs beside it to mean anything later. */
export function circumstances(): object {
  return {
    node: process.versions.node,
    kernel: release(),
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    load: loadavg(),
  }
}
