import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import type { Windowed } from '../core/windowed.ts'
import type { StateStore } from './state-store.ts'

export interface ReadOnlyWindowStore<K, V> {
  readonly name: string
  /** The value of the window of `key` that starts at `windowStart` (milliseconds since the epoch). */
  fetch(key: K, windowStart: number): ValueAndTimestamp<V> | null
  /** Windows of `key` with `from <= start <= to`, ascending by start. */
  fetchRange(key: K, from: number, to: number): Iterable<readonly [windowStart: number, value: ValueAndTimestamp<V>]>
  /** The same, descending by start. */
  fetchRangeBackward(
    key: K,
    from: number,
    to: number,
  ): Iterable<readonly [windowStart: number, value: ValueAndTimestamp<V>]>
  /** All windows, ascending by (start, key bytes); `end` is `start + windowSizeMs`. */
  all(): Iterable<readonly [key: Windowed<K>, value: ValueAndTimestamp<V>]>
}

/**
 * One value per key and window start. Windows with `start <= stream time - retention` cannot be read, and putting one is
 * refused; stream time is the largest start that was ever put (Kafka Streams: InMemoryWindowStore).
 */
export interface WindowStore<K, V> extends ReadOnlyWindowStore<K, V>, StateStore {
  /** False when the window is older than the retention allows: the caller drops and counts it. Null deletes. */
  put(key: K, value: V | null, windowStart: number, timestamp: number): boolean
}
