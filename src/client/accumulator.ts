/* Records that wait to be sent: a queue of batches for each partition. */
import type { Clock } from '../core/clock.ts'
import { recordBytesMax } from '../protocol/records/record-batch-writer.ts'
import type { DeliveryFailed, OutgoingRecord, ProducerOptions } from '../runtime/port.ts'
import { PartitionQueue } from './partition-queue.ts'
import { PendingBatch } from './pending-batch.ts'

export interface AccumulatorOptions {
  readonly clock: Clock
  readonly lingerMs: number
  readonly batchBytes: number
  readonly compression: ProducerOptions['compression']
  readonly transactional?: boolean
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
    const { batchBytes, lingerMs } = this.#options
    const queue = this.#queue(record.topic, record.partition)
    const bytes = recordBytesMax(record.key, record.value, record.headers)
    let last = queue.batches[queue.batches.length - 1]
    const begins = last === undefined || last.sealed || last.bytes + bytes > batchBytes
    if (begins) {
      last?.seal(this.#options.compression)
      last = new PendingBatch(queue, this.#options.clock.monotonic())
      queue.batches.push(last)
      this.#active.add(queue)
    }
    last!.add(record, onFailed, bytes)
    this.bufferedBytes += bytes
    if (last!.bytes >= batchBytes) last!.seal(this.#options.compression)
    return begins || last!.sealed ? queue.readyAt(queue.batches[0]!, lingerMs) : undefined
  }

  #queue(topic: string, partition: number): PartitionQueue {
    let queues = this.#queues.get(topic)
    if (queues === undefined) this.#queues.set(topic, (queues = []))
    return (queues[partition] ??= new PartitionQueue({ topic, partition }, this.#options.transactional))
  }

  active(): Iterable<PartitionQueue> {
    return this.#active
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

  /** Takes a batch out of its queue: acknowledged, or failed when there is an error. */
  settle(queue: PartitionQueue, batch: PendingBatch, error?: Error): void {
    queue.remove(batch, error === undefined)
    if (queue.batches.length === 0) this.#active.delete(queue)
    this.bufferedBytes -= batch.bytes
    if (error !== undefined) batch.forEach((record, onFailed) => onFailed(record, error))
    batch.release()
    batch.settle()
  }
}
