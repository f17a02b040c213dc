import type { Clock, Timer } from './clock.ts'

/** The machine's own time. The one place in `src/` that reads it. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimer,
  yield: () => new Promise<void>((resolve) => setImmediate(resolve)),
})

/** More is not a delay to Node, which then does not wait at all. */
const delayMsMax = 2 ** 31 - 1

/**
 * Node cuts a delay to whole milliseconds: a timer of its own comes up to one too early, and whoever looks at the time then finds
 * that nothing is due yet, which is for ever when nothing wakes it again.
 */
function setTimer(delayMs: number, action: () => void): Timer {
  const dueAt = performance.now() + delayMs
  let handle: ReturnType<typeof setTimeout>
  const arm = (): void => {
    const left = Math.min(delayMsMax, Math.ceil(dueAt - performance.now()))
    handle = setTimeout(() => (performance.now() < dueAt ? arm() : action()), left)
  }
  arm()
  return { cancel: () => clearTimeout(handle) }
}
