import { change, outOfOrderChange, type Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { OperatorContext } from './operator.ts'

/**
 * Where a table's updates go: into its store, if it has one, then downstream (Kafka Streams:
 * TimestampedTupleForwarder). What a versioned store refuses goes nowhere.
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
    const outcome = newValue === null ? this.#store?.delete(key, timestamp) : this.#store?.put(key, newValue, timestamp)
    if (outcome === 'expired') return this.#context.drop('expired')
    const isLate = outcome === 'out-of-order'
    const update = isLate ? outOfOrderChange(newValue, oldValue) : change(newValue, oldValue)
    this.#context.forward(streamRecord(key, update, timestamp, headers))
  }

  /** What has outlived its ttl leaves the store, then goes out as deleted at this time. */
  expire(streamTime: number, sendOldValues: boolean): void {
    for (const [key, { value }] of this.#store?.expire?.(streamTime) ?? []) {
      this.#context.forward(streamRecord(key, change<V>(null, sendOldValues ? value : null), streamTime))
    }
  }

  /** As `update`, for a table that is computed from another one: without a store it is out of order when its parent is. */
  derive(cause: StreamRecord<K, Change<unknown>>, newValue: V | null, oldValue: V | null): void {
    if (this.#store !== null || cause.value.outOfOrder === undefined) return this.update(cause, newValue, oldValue)
    const { key, timestamp, headers } = cause
    this.#context.forward(streamRecord(key, outOfOrderChange(newValue, oldValue), timestamp, headers))
  }
}
