import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'

/**
 * Reads the current value of a table at the moment of the call (Kafka Streams: KTableValueGetter): from its store, or
 * computed from its parents' views where the table itself is not materialized.
 */
export interface TableView<K, V> {
  /**
   * As of `asOf` (event time) where the table is versioned (KIP-914); every other table gives what it holds now, and so does a
   * call without `asOf`.
   */
  get(key: K, asOf?: number): ValueAndTimestamp<V> | null
}
