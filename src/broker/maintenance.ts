import type { Timer } from '../core/clock.ts'
import type { BrokerState } from './broker-state.ts'
import type { PartitionLog } from './log/partition-log.ts'

/** Kafka's log.retention.check.interval.ms and log.cleaner.backoff.ms are longer; here the folders are small. */
const retentionIntervalMs = 60_000
const compactionIntervalMs = 15_000
const idleCheckIntervalMs = 60_000

/** Retention, compaction, forgotten producers and idle connections, from time to time. */
export class Maintenance {
  readonly #state: BrokerState
  #timers: Timer[] = []
  #isStopped = false

  constructor(state: BrokerState, closeIdle: () => void) {
    this.#state = state
    this.#repeat(retentionIntervalMs, async () => this.enforceRetention())
    this.#repeat(compactionIntervalMs, () => this.compact())
    this.#repeat(idleCheckIntervalMs, async () => closeIdle())
  }

  #repeat(intervalMs: number, work: () => Promise<void>): void {
    const timer = this.#state.clock.setTimer(intervalMs, () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
      void work().finally(() => {
        if (!this.#isStopped) this.#repeat(intervalMs, work)
      })
    })
    this.#timers.push(timer)
  }

  enforceRetention(): void {
    for (const log of this.#logs()) {
      log.enforceRetention(this.#state.clock.now())
      log.expireProducers(this.#state.clock.now())
    }
  }

  async compact(): Promise<void> {
    const { clock } = this.#state
    for (const log of this.#logs()) if (!log.isClosed) await log.compact(clock.now(), () => clock.yield())
  }

  #logs(): PartitionLog[] {
    return this.#state.topics.all.flatMap(({ partitions }) => partitions)
  }

  stop(): void {
    this.#isStopped = true
    for (const timer of this.#timers) timer.cancel()
  }
}
