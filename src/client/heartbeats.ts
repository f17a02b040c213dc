import type { Timer } from '../core/clock.ts'
import { checkAnswer } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import type { MemberIdentity } from './offset-commit.ts'

export interface HeartbeatOptions {
  readonly cluster: Cluster
  readonly intervalMs: number
  /** May stop them. */
  onError(error: unknown): void
}

/** Tells the coordinator on a timer that a member lives, whatever its user does meanwhile (kafkajs #387). */
export class Heartbeats {
  readonly #options: HeartbeatOptions
  #timer: Timer | undefined

  constructor(options: HeartbeatOptions) {
    this.#options = options
  }

  start(member: MemberIdentity): void {
    const { cluster, intervalMs } = this.#options
    this.#timer = cluster.options.clock.setTimer(intervalMs, () => void this.#beat(member))
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  async #beat(member: MemberIdentity): Promise<void> {
    const { cluster, onError } = this.#options
    const timer = this.#timer
    try {
      const coordinator = await cluster.coordinatorOf({ groupId: member.groupId })
      const { errorCode } = await cluster.send(coordinator, 'Heartbeat', member)
      checkAnswer(errorCode)
    } catch (error) {
      // Stopped meanwhile: the answer is about a generation that is over.
      if (this.#timer === timer) onError(error)
    }
    if (this.#timer === timer) this.start(member)
  }
}
