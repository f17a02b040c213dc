import type { Clock, Timer } from '../../core/clock.ts'

/** Ids that were given to those who have to join once more with them (KIP-394); a rebalance waits for them. */
export class PendingMembers {
  readonly #clock: Clock
  readonly #onGone: () => void
  readonly #timers = new Map<string, Timer>()

  /** `onGone` is called when one has not come. */
  constructor(clock: Clock, onGone: () => void) {
    this.#clock = clock
    this.#onGone = onGone
  }

  get size(): number {
    return this.#timers.size
  }

  add(id: string, timeoutMs: number): void {
    const expired = (): void => {
      this.#timers.delete(id)
      this.#onGone()
    }
    this.#timers.set(id, this.#clock.setTimer(timeoutMs, expired))
  }

  /** Whether it was one. */
  take(id: string): boolean {
    this.#timers.get(id)?.cancel()
    return this.#timers.delete(id)
  }

  clear(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#timers.clear()
  }
}
