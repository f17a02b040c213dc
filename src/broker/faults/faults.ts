import type { Clock, Timer } from '../../core/clock.ts'
import type { ApiName } from '../../protocol/messages/messages.ts'
import type { Fault } from './fault.ts'

interface Armed {
  readonly fault: Fault
  skip: number
  left: number
}

/** What has been asked to go wrong. */
export class Faults {
  readonly #clock: Clock
  #armed: Armed[] = []
  readonly #leaderless = new Map<string, Timer>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Behind those that were injected before: a request meets the first that fits. */
  inject(fault: Fault): void {
    this.#armed.push({ fault, skip: fault.skip ?? 0, left: fault.times ?? 1 })
  }

  /** All goes well from now on; partitions have leaders again. */
  clear(): void {
    this.#armed = []
    for (const timer of this.#leaderless.values()) timer.cancel()
    this.#leaderless.clear()
  }

  /** What happens to a request that has come. */
  next(api: ApiName, clientId: string | null): Fault | undefined {
    const armed = this.#armed.find(
      ({ fault }) => fault.api === api && (fault.clientId === undefined || fault.clientId === clientId),
    )
    if (armed === undefined) return undefined
    if (armed.skip > 0) {
      armed.skip--
      return undefined
    }
    armed.left--
    if (armed.left <= 0) this.#armed = this.#armed.filter((other) => other !== armed)
    return armed.fault
  }

  /** Nobody leads the partition for so long. */
  loseLeader(topic: string, partition: number, ms: number): void {
    const key = partitionKey(topic, partition)
    this.#leaderless.get(key)?.cancel()
    this.#leaderless.set(
      key,
      this.#clock.setTimer(ms, () => this.#leaderless.delete(key)),
    )
  }

  hasLeader(topic: string, partition: number): boolean {
    return this.#leaderless.size === 0 || !this.#leaderless.has(partitionKey(topic, partition))
  }
}

function partitionKey(topic: string, partition: number): string {
  return `${topic}-${partition}`
}
