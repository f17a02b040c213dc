import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'

/**
 * Reads the current value of a table at the moment of the call (Kafka Streams: KTableValueGetter): from its store, or
 * computed from its parents' views where the table itself is not materialized.
 */
export interface TableView<K, V> {
  get(key: K): ValueAndTimestamp<V> | null
}
