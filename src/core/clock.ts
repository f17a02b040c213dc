/** A timer that has been set; `cancel` may be called at any time and any number of times. */
export interface Timer {
  cancel(): void
}

/**
 * Time as everything in Millrace sees it. The app hands in the system's clock; tests and the simulation hand in one
 * that they move themselves. Nothing else in `src/` may read the time or set a timer (docs/ARCHITECTURE.md, law 4).
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch; may jump. */
  now(): number
  /** Milliseconds since some fixed point; never goes back. For measuring spans and deadlines. */
  monotonic(): number
  /** Calls `action` once, not before `delayMs` has passed. */
  setTimer(delayMs: number, action: () => void): Timer
  /** Lets everything else that is ready run first: I/O, then the rest. */
  yield(): Promise<void>
}

/** Resolves after `delayMs`; at once and early when `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) return resolve()
    const done = (): void => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.setTimer(delayMs, done)
    signal?.addEventListener('abort', done)
  })
}
