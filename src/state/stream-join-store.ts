import type { StateStore } from './state-store.ts'

/**
 * The records of one side of a stream-stream join: several values per key and time (Kafka Streams: a window store that
 * retains duplicates). Entries with `timestamp <= stream time - retention` cannot be read, and putting one is refused.
 */
export interface StreamJoinStore<K, V> extends StateStore {
  put(key: K, value: V, timestamp: number): boolean
  readonly latestTimestamp: number
  /** Values of `key` with `from <= timestamp <= to`, ascending by time, then in the order of arrival. */
  fetch(key: K, from: number, to: number): Iterable<readonly [timestamp: number, value: V]>
}
