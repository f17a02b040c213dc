import type { FetchedBatch, KafkaPort } from '../../src/runtime/port.ts'
import type { OutputSummary } from './expected-output.ts'
import type { Job } from './job.ts'

interface WindowResult {
  readonly cardId: string
  readonly windowStart: number
  readonly count: number
  readonly sumCents: number
}

/** Reads a job's whole output. Of a window the largest count is its last value: counts only grow. */
export async function readOutput(port: KafkaPort, topic: string, job: Job): Promise<OutputSummary> {
  const admin = port.admin()
  await admin.connect()
  const ends = await admin.offsets(topic)
  await admin.close()
  const ranges = ends
    .filter(({ low, high }) => low < high)
    .map(({ partition, low, high }) => ({ topic, partition, from: low, end: high }))
  let records = 0
  const last = new Map<string, WindowResult>()
  const restorer = port.restorer({ clientId: 'bench-check', fetchMaxBytes: 10_000_000 })
  await restorer.read(
    ranges,
    (batch) => {
      records += batch.count
      if (job === 'J2') takeLast(last, batch)
    },
    new AbortController().signal,
  )
  await restorer.close()
  return job === 'J1' ? { records } : { records, ...sums(last) }
}

function takeLast(last: Map<string, WindowResult>, batch: FetchedBatch): void {
  for (let at = 0; at < batch.count; at++) {
    const result = JSON.parse(Buffer.from(batch.valueAt(at)!).toString('latin1')) as WindowResult
    const window = `${result.cardId}@${result.windowStart}`
    const before = last.get(window)
    if (before === undefined || result.count > before.count) last.set(window, result)
  }
}

function sums(last: ReadonlyMap<string, WindowResult>): Omit<OutputSummary, 'records'> {
  let counted = 0
  let sumCents = 0
  for (const result of last.values()) {
    counted += result.count
    sumCents += result.sumCents
  }
  return { windows: last.size, counted, sumCents }
}
