import type { Clock, Timer } from '../core/clock.ts'

interface Pending {
  readonly atMs: number
  readonly action: () => void
}

/** A wall clock that stands still until it is moved. */
export class MockTimers implements Pick<Clock, 'now' | 'setTimer'> {
  #nowMs = 0
  readonly #pending = new Set<Pending>()

  now(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, action: () => void): Timer {
    const timer = { atMs: this.#nowMs + delayMs, action }
    this.#pending.add(timer)
    return { cancel: () => void this.#pending.delete(timer) }
  }

  /** When the next timer is due; Infinity: there is none. */
  get nextMs(): number {
    return Math.min(...[...this.#pending].map(({ atMs }) => atMs))
  }

  /** Sets the time and runs what is due by it, in the order in which it was set. */
  moveTo(nowMs: number): void {
    this.#nowMs = nowMs
    for (const timer of this.#pending) {
      if (timer.atMs > nowMs) continue
      this.#pending.delete(timer)
      timer.action()
    }
  }
}
