import type { Duration } from '../core/duration.ts'

/*
 * Grace must always be said (KIP-633): how long after a window's end, in event time, late records are still counted.
 * What comes later is dropped and counted under `dropped-records`.
 */

/** Windows of fixed size, aligned to the epoch; made by `tumbling` and `hopping`. */
export interface TimeWindowsOption {
  readonly kind: 'time'
  readonly size: Duration
  readonly advance: Duration
  readonly grace: Duration
}
/** Windows that records open and close; made by `sliding`. */
export interface SlidingWindowsOption {
  readonly kind: 'sliding'
  readonly difference: Duration
  readonly grace: Duration
}
/** Windows of activity; made by `session`. */
export interface SessionWindowsOption {
  readonly kind: 'session'
  readonly gap: Duration
  readonly grace: Duration
}

/** Windows of one size, side by side, aligned to the epoch: `[n * size, (n + 1) * size)`. */
export function tumbling(options: { readonly size: Duration; readonly grace: Duration }): TimeWindowsOption {
  return { kind: 'time', size: options.size, advance: options.size, grace: options.grace }
}

/** Windows of one size that start every `advance`, aligned to the epoch; they overlap. `0 < advance <= size`. */
export function hopping(options: {
  readonly size: Duration
  readonly advance: Duration
  readonly grace: Duration
}): TimeWindowsOption {
  return { kind: 'time', ...options }
}

/** A window for each distinct set of records that lie at most `difference` apart; both bounds inclusive (KIP-450). */
export function sliding(options: { readonly difference: Duration; readonly grace: Duration }): SlidingWindowsOption {
  return { kind: 'sliding', ...options }
}

/** Windows of activity of one key: records at most `gap` apart belong together. Bounds are its first and last record, inclusive. */
export function session(options: { readonly gap: Duration; readonly grace: Duration }): SessionWindowsOption {
  return { kind: 'session', ...options }
}
