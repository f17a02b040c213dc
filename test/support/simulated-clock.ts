import type { Clock, Timer } from '../../src/core/clock.ts'

interface Pending {
  readonly atMs: number
  readonly action: () => void
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Time that stands still until everything that is ready has run, and then jumps to the next timer. */
export class SimulatedClock implements Clock {
  readonly #startMs: number
  #nowMs = 0
  readonly #timers = new Set<Pending>()

  constructor(startMs = 1_700_000_000_000) {
    this.#startMs = startMs
  }

  now(): number {
    return this.#startMs + this.#nowMs
  }

  monotonic(): number {
    return this.#nowMs
  }

  setTimer(delayMs: number, action: () => void): Timer {
    const pending = { atMs: this.#nowMs + Math.max(0, delayMs), action }
    this.#timers.add(pending)
    return { cancel: () => void this.#timers.delete(pending) }
  }

  yield(): Promise<void> {
    return turn()
  }

  /** Runs until `done` says so. Fails when `maxMs` of simulated time has passed, or when nothing is left that could happen. */
  async runUntil(done: () => boolean, maxMs = 600_000): Promise<void> {
    const deadlineMs = this.#nowMs + maxMs
    for (;;) {
      for (let i = 0; i < 8; i++) {
        await turn()
        if (done()) return
      }
      const next = this.#firstTimer()
      if (next === undefined || next.atMs > deadlineMs) {
        throw new Error(`not done after ${this.#nowMs} ms of simulated time, ${this.#timers.size} timers left`)
      }
      this.#timers.delete(next)
      this.#nowMs = Math.max(this.#nowMs, next.atMs)
      next.action()
    }
  }

  /** The promise's outcome, with time passing meanwhile. */
  async settle<T>(promise: Promise<T>, maxMs?: number): Promise<T> {
    let settled = false
    const mark = (): void => void (settled = true)
    promise.then(mark, mark)
    await this.runUntil(() => settled, maxMs)
    return promise
  }

  async advance(ms: number): Promise<void> {
    let reached = false
    this.setTimer(ms, () => (reached = true))
    await this.runUntil(() => reached, ms + 1)
  }

  #firstTimer(): Pending | undefined {
    let first: Pending | undefined
    for (const timer of this.#timers) if (first === undefined || timer.atMs < first.atMs) first = timer
    return first
  }
}
