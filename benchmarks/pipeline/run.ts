import { deepStrictEqual } from 'node:assert'
import { circumstances } from '../measure.ts'
import { expectedOutput, type OutputSummary } from '../peers/expected-output.ts'
import type { Job } from '../peers/job.ts'
import { createTopic } from '../peers/load-transactions.ts'
import { readOutput } from '../peers/read-output.ts'
import { runPeer, type PeerRun, type Usage } from '../peers/run-peer.ts'
import type { System } from '../peers/system.ts'

/** One system, one job, one cold start: an entry of the JSON. */
export interface Run extends Usage {
  readonly system: System
  readonly job: Job
  readonly round: number
  readonly records: number
  readonly recordsPerSecond: number
  readonly recordsPerCpuSecond: number
  /** What it wrote, which is what the job has to write: a run that wrote anything else fails. */
  readonly output: OutputSummary
  readonly circumstances: object
}

export interface RunOptions extends Omit<PeerRun, 'output' | 'group' | 'timeoutMs'> {
  readonly system: System
  readonly round: number
  readonly records: number
}

/** Slowest that a system may be, beside its start. */
const recordsPerSecondMin = 3_000
const startTimeoutMs = 120_000

/** @throws Error when it does not finish, or what it wrote is not what is expected of the input */
export async function run(options: RunOptions): Promise<Run> {
  const { system, job, round, records, port } = options
  const id = `${system}-${job}-${round}`.toLowerCase()
  const output = `output-${id}`
  await createTopic(port, output)
  const timeoutMs = startTimeoutMs + (records / recordsPerSecondMin) * 1000
  const usage = await runPeer({ ...options, output, group: `group-${id}`, timeoutMs })
  const written = await readOutput(port, output, job)
  deepStrictEqual(written, expectedOutput(job, records), `the output of ${system} for ${job}`)
  return {
    system,
    job,
    round,
    records,
    recordsPerSecond: Math.round(records / usage.wallSeconds),
    recordsPerCpuSecond: Math.round(records / usage.cpuSeconds),
    ...usage,
    output: written,
    circumstances: circumstances(),
  }
}
