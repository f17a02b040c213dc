/*
 * Records that wait to be sent: one queue of batches a partition, in order, at most one of them on its way to the broker.
 * That one batch at a time is what keeps the order through retries and makes the sequence numbers right.
 */
import type { Clock } from '../core/clock.ts'
import type { BatchIdentity } from '../protocol/records/batch-header.ts'
import { recordBytesMax } from '../protocol/records/record-batch-writer.ts'
import type { DeliveryFailed, OutgoingRecord } from '../runtime/port.ts'

export class PendingBatch {
  readonly records: OutgoingRecord[] = []
  readonly failed: DeliveryFailed[] = []
  readonly createdAt: number
  bytes = 0
  /** No record is added any more, and it is sent without waiting for the linger time. */
  sealed = false
  /** Set when it is sent first and kept through retries: by it the broker knows a batch that it has already. */
  identity: BatchIdentity | undefined
  /** An attempt ended without an answer: the broker may have it. */
  inDoubt = false
  readonly settled: Promise<void>
  settle: () => void = () => {}

  constructor(createdAt: number) {
    this.createdAt = createdAt
    this.settled = new Promise((resolve) => (this.settle = resolve))
  }

  add(record: OutgoingRecord, onFailed: DeliveryFailed, bytes: number): void {
    this.records.push(record)
    this.failed.push(onFailed)
    this.bytes += bytes
  }
}

export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly batches: PendingBatch[] = []
  inFlight = false
  leader: number | undefined
  producerId: bigint | undefined
  nextSequence = 0
  attempts = 0
  /** Not before this monotonic time. */
  retryAt = 0
  lastError: unknown

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }
}

export interface AccumulatorOptions {
  readonly clock: Clock
  readonly lingerMs: number
  readonly batchBytes: number
}

export class Accumulator {
  readonly #options: AccumulatorOptions
  readonly #queues = new Map<string, PartitionQueue[]>()
  /** Queues that hold something, in the order in which they began to. */
  readonly #active = new Set<PartitionQueue>()
  bufferedBytes = 0

  constructor(options: AccumulatorOptions) {
    this.#options = options
  }

  /** Returns the monotonic time from which the batch may be sent, when the record began or completed one. */
  append(record: OutgoingRecord, onFailed: DeliveryFailed): number | undefined {
    const queue = this.#queue(record.topic, record.partition)
    const bytes = recordBytesMax(record.key, record.value, record.headers)
    let last = queue.batches.at(-1)
    const begins = last === undefined || last.sealed || last.bytes + bytes > this.#options.batchBytes
    if (begins) {
      if (last !== undefined) last.sealed = true
      last = new PendingBatch(this.#options.clock.monotonic())
      queue.batches.push(last)
      this.#active.add(queue)
    }
    last!.add(record, onFailed, bytes)
    this.bufferedBytes += bytes
    if (last!.bytes >= this.#options.batchBytes) last!.sealed = true
    return begins || last!.sealed ? this.readyAt(queue) : undefined
  }

  #queue(topic: string, partition: number): PartitionQueue {
    let queues = this.#queues.get(topic)
    if (queues === undefined) this.#queues.set(topic, (queues = []))
    return (queues[partition] ??= new PartitionQueue(topic, partition))
  }

  active(): Iterable<PartitionQueue> {
    return this.#active
  }

  /** The monotonic time from which the queue's first batch may be sent. */
  readyAt(queue: PartitionQueue): number {
    const first = queue.batches[0]!
    const lingered =
      first.sealed || queue.batches.length > 1 ? first.createdAt : first.createdAt + this.#options.lingerMs
    return Math.max(lingered, queue.retryAt)
  }

  /** Makes everything that is buffered ready now; resolves when all of it is acknowledged or has failed. */
  async flushed(): Promise<void> {
    const waits: Promise<void>[] = []
    for (const { batches } of this.#active) {
      for (const batch of batches) {
        batch.sealed = true
        waits.push(batch.settled)
      }
    }
    await Promise.all(waits)
  }

  /** Takes the queue's first batch out of it: acknowledged, or failed when there is an error. */
  settleFirst(queue: PartitionQueue, error?: Error): void {
    const batch = queue.batches.shift()!
    if (queue.batches.length === 0) this.#active.delete(queue)
    this.bufferedBytes -= batch.bytes
    queue.attempts = 0
    queue.retryAt = 0
    if (error !== undefined) batch.records.forEach((record, i) => batch.failed[i]!(record, error))
    batch.settle()
  }

  /** Puts two halves in the place of the queue's first batch, which the broker found too large. */
  splitFirst(queue: PartitionQueue): void {
    const batch = queue.batches[0]!
    const middle = batch.records.length >>> 1
    const halves = [0, middle].map((start, half) => {
      const part = new PendingBatch(batch.createdAt)
      part.sealed = true
      const end = half === 0 ? middle : batch.records.length
      for (let i = start; i < end; i++) {
        const record = batch.records[i]!
        part.add(record, batch.failed[i]!, recordBytesMax(record.key, record.value, record.headers))
      }
      return part
    })
    queue.batches.splice(0, 1, ...halves)
    void Promise.all(halves.map(({ settled }) => settled)).then(batch.settle)
  }
}
