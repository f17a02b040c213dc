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

/**
 * Windows of one size, side by side, aligned to the epoch: `[n * size, (n + 1) * size)`.
 * @time A window takes records until stream time minus `grace` reaches its end.
 * @example const perMinute = words.groupByKey().windowedBy(tumbling({ size: '1m', grace: 0 })).count()
 * // words <- ['ann', 'a', '59s'], ['ann', 'b', '60s']
 * // perMinute -> ['ann@0..60000', 1, '59s'], ['ann@60000..120000', 1, '60s']
 */
export function tumbling(options: { readonly size: Duration; readonly grace: Duration }): TimeWindowsOption {
  return { kind: 'time', size: options.size, advance: options.size, grace: options.grace }
}

/**
 * Windows of one size that start every `advance`, aligned to the epoch; they overlap. `0 < advance <= size`.
 * @time As `tumbling`, each window for itself: a late record may be too late for one window and in time for the next.
 * @example const smooth = words.groupByKey().windowedBy(hopping({ size: '1m', advance: '30s', grace: 0 })).count()
 * // words <- ['ann', 'a', '40s']; smooth -> ['ann@0..60000', 1, '40s'], ['ann@30000..90000', 1, '40s']
 */
export function hopping(options: {
  readonly size: Duration
  readonly advance: Duration
  readonly grace: Duration
}): TimeWindowsOption {
  return { kind: 'time', ...options }
}

/**
 * A window for each distinct set of records that lie at most `difference` apart; both bounds inclusive (KIP-450).
 * @nulls Null values are dropped and counted, unlike in other windows.
 * @time A window takes records until stream time minus `grace` has passed its end.
 * @example const near = words.groupByKey().windowedBy(sliding({ difference: '10s', grace: 0 })).count()
 * // words <- ['ann', 'a', '20s'], ['ann', 'b', '25s']
 * // near -> ['ann@10000..20000', 1, '20s'], ['ann@20001..30001', 1, '25s'], ['ann@15000..25000', 2, '25s']
 */
export function sliding(options: { readonly difference: Duration; readonly grace: Duration }): SlidingWindowsOption {
  return { kind: 'sliding', ...options }
}

/**
 * Windows of activity of one key: records at most `gap` apart belong together. Bounds are its first and last record, inclusive.
 * @time A session takes records until stream time minus `gap` and `grace` has passed its end.
 * @example const visits = words.groupByKey().windowedBy(session({ gap: '30s', grace: 0 })).count()
 * // words <- ['ann', 'a', '10s'], ['ann', 'b', '40s']
 * // visits -> ['ann@10000..10000', 1, '10s'], ['ann@10000..10000', null, '10s'], ['ann@10000..40000', 2, '40s']
 */
export function session(options: { readonly gap: Duration; readonly grace: Duration }): SessionWindowsOption {
  return { kind: 'session', ...options }
}
