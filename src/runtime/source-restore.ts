import type { PlanSource } from '../planner/plan.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import { ErrorDesk, type ErrorDeskOptions } from './error-desk.ts'
import type { FetchedBatch } from './port.ts'
import { RecordQueue } from './record-queue.ts'

export interface SourceRestoreOptions extends Omit<ErrorDeskOptions, 'collector'> {
  /** With serdes that are bound to the topic. */
  readonly source: PlanSource
  readonly partition: number
  readonly store: KeyValueStore<unknown, unknown>
}

/**
 * Fills the store of a table from the topic that the table reads, as the table did when it met these records first: the same serdes and
 * timestamps, null keys skipped, and the decode handler asked about what cannot be read. (Kafka Streams copies the bytes, and
 * with them what its handler had left out: KAFKA-8037.) A dead letter is not written again.
 */
export class SourceRestore {
  readonly #queue: RecordQueue
  readonly #store: KeyValueStore<unknown, unknown>

  constructor(options: SourceRestoreOptions) {
    const { source, partition, taskId } = options
    const { key, value } = source
    const errors = new ErrorDesk({ ...options, collector: { partitionCount: () => 1, send: () => {} } })
    this.#store = options.store
    this.#queue = new RecordQueue({
      source,
      partition,
      taskId,
      key,
      value,
      onDecodeError: (error, raw) => errors.decodeFailed(error, raw),
    })
  }

  /** @throws SerializationError when a record cannot be decoded and the handler says `fail` */
  apply(batch: FetchedBatch): void {
    this.#queue.enqueue(batch)
    for (let record = this.#queue.head; record !== null; record = this.#queue.head) {
      const { key, value, timestamp } = record
      if (key !== null && value === null) this.#store.delete(key, timestamp)
      else if (key !== null) this.#store.put(key, value, timestamp)
      this.#queue.advance()
    }
  }
}
