import { change, type Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { OperatorContext } from './operator.ts'

/**
 * Where a table's updates go: into its store, if it has one, then downstream (Kafka Streams:
 * TimestampedTupleForwarder).
 */
export class TableOutput<K, V> {
  readonly #store: KeyValueStore<K, V> | null
  #context!: OperatorContext<K, Change<V>>

  constructor(store: KeyValueStore<K, V> | null) {
    this.#store = store
  }

  init(context: OperatorContext<K, Change<V>>): void {
    this.#context = context
  }

  /** `cause` gives key, timestamp and headers. */
  update(cause: StreamRecord<K, unknown>, newValue: V | null, oldValue: V | null): void {
    const { key, timestamp, headers } = cause
    if (newValue === null) this.#store?.delete(key, timestamp)
    else this.#store?.put(key, newValue, timestamp)
    this.#context.forward(streamRecord(key, change(newValue, oldValue), timestamp, headers))
  }
}
