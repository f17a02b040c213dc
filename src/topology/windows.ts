/** Windows of one size that start every `advanceMs`, aligned to the epoch: tumbling when both are equal. End exclusive. */
export interface TimeWindows {
  readonly kind: 'time'
  readonly sizeMs: number
  readonly advanceMs: number
  readonly graceMs: number
}

/** Windows around the records themselves: any two of a window lie at most `differenceMs` apart. Both bounds inclusive (KIP-450). */
export interface SlidingWindows {
  readonly kind: 'sliding'
  readonly differenceMs: number
  readonly graceMs: number
}

/** Windows that end after `gapMs` without a record of the key. Both bounds inclusive. */
export interface SessionWindows {
  readonly kind: 'session'
  readonly gapMs: number
  readonly graceMs: number
}

/**
 * When results of windows go downstream: at every update, or once, when the window closes: when stream time minus grace
 * reaches its end (KIP-825).
 */
export type EmitStrategy = 'window-update' | 'window-close'

export type Windows = TimeWindows | SlidingWindows | SessionWindows

/** Right records with `left - beforeMs <= right <= left + afterMs` match a left record. */
export interface JoinWindows {
  readonly beforeMs: number
  readonly afterMs: number
  readonly graceMs: number
}

/** One trailing range of `over`: `(t - delayMs - rangeMs, t - delayMs]`. */
export interface OverRange {
  readonly name: string
  readonly rangeMs: number
  readonly delayMs: number
}
