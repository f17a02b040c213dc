/** A span of event time, both bounds in milliseconds since the epoch. */
export interface Window {
  readonly start: number
  /** Exclusive for tumbling and hopping windows, inclusive for sliding and session windows (as in Kafka Streams). */
  readonly end: number
}

/** A key together with the window that its value belongs to. */
export interface Windowed<K> {
  readonly key: K
  readonly window: Window
}

/**
 * A windowed key, as tests and lookups need it. Bounds in milliseconds since the epoch; see `Window` for the right end.
 */
export function windowed<K>(key: K, start: number, end: number): Windowed<K> {
  return { key, window: { start, end } }
}
