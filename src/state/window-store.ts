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
  /** The largest start that was ever put, also before a restart; -1 before the first. */
  readonly streamTime: number
  /** False when the window is older than the retention allows: the caller drops and counts it. Null deletes. */
  put(key: K, value: V | null, windowStart: number, timestamp: number): boolean
  /**
   * Windows with `start <= latestStart` that were not taken before, ascending by (start, key bytes); for final results. Only
   * where the store was made for them (`emitFinal`): then it keeps what was not taken, whatever its retention, and
   * remembers over a restart what was taken in a committed turn.
   */
  takeClosed(latestStart: number): readonly (readonly [key: Windowed<K>, value: ValueAndTimestamp<V>])[]
  /** No window that waits for `takeClosed` starts earlier; Infinity: none waits. */
  readonly firstWaiting: number
  readonly latestTimestamp: number
  /** The largest start for which `takeClosed` was called, also before a restart; -Infinity at first. */
  readonly lastClosed: number
}
