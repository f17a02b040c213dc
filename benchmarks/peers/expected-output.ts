import type { Job } from './job.ts'
import { transactions } from './transactions.ts'

/** What of a job's output does not depend on the order in which partitions were read. */
export interface OutputSummary {
  readonly records: number
  /** J2: cards and minutes; each counts with its last value. */
  readonly windows?: number
  readonly counted?: number
  readonly sumCents?: number
}

const minute = 60_000

/** Computed from the input alone. Nothing is late: lateness stays below the grace. */
export function expectedOutput(job: Job, records: number): OutputSummary {
  return job === 'J1' ? { records: largeOnes(records) } : windowed(records)
}

function largeOnes(records: number): number {
  let large = 0
  for (const { cents } of transactions(records)) if (cents > 100 * 100) large++
  return large
}

function windowed(records: number): OutputSummary {
  const windows = new Set<string>()
  let sumCents = 0
  for (const { card, cents, timestamp } of transactions(records)) {
    sumCents += cents
    windows.add(`${card}@${Math.floor(timestamp / minute)}`)
  }
  return { records, windows: windows.size, counted: records, sumCents }
}
