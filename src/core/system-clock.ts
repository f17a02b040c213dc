import type { Clock } from './clock.ts'

/** The machine's own time. The one place in `src/` that reads it. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer: (delayMs: number, action: () => void) => {
    const handle = setTimeout(action, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
  yield: () => new Promise<void>((resolve) => setImmediate(resolve)),
})
