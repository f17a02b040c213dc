/*
 * Records that wait to be sent: one queue of batches a partition, in order, at most one of them on its way to the broker.
 * That one batch at a time is what keeps the order through retries and makes the sequence numbers right.
 */
import type { Clock } from '../core/clock.ts'
import { recordBytesMax } from '../protocol/records/record-batch-writer.ts'
import type { DeliveryFailed, OutgoingRecord } from '../runtime/port.ts'
import { PendingBatch } from './pending-batch.ts'

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
      last = new PendingBatch(queue, this.#options.clock.monotonic())
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
    if (error !== undefined) batch.forEach((record, onFailed) => onFailed(record, error))
    batch.release()
    batch.settle()
  }

  /** Puts two halves in the place of the queue's first batch, which the broker found too large. */
  splitFirst(queue: PartitionQueue): void {
    const batch = queue.batches[0]!
    const middle = batch.count >>> 1
    const halves = [new PendingBatch(queue, batch.createdAt), new PendingBatch(queue, batch.createdAt)] as const
    let index = 0
    batch.forEach((record, onFailed) => {
      const half = halves[index++ < middle ? 0 : 1]
      half.add(record, onFailed, recordBytesMax(record.key, record.value, record.headers))
    })
    for (const half of halves) half.sealed = true
    queue.batches.splice(0, 1, ...halves)
    void Promise.all(halves.map(({ settled }) => settled)).then(batch.settle)
  }
}
