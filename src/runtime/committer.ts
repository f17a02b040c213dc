import type { Clock } from '../core/clock.ts'
import { BrokerError } from '../core/errors.ts'
import { commitChannel, errorChannel } from '../telemetry/channels.ts'
import type { MetricsRegistry } from '../telemetry/task-metrics.ts'
import type { ConsumerPort } from './port.ts'
import type { RuntimeTask, TopicPartitionOffset } from './runtime-task.ts'

/** The part of the collector that a commit waits for. */
interface Flushing {
  flush(): Promise<void>
}

export interface CommitterOptions {
  readonly applicationId: string
  readonly clock: Clock
  readonly collector: Flushing
  readonly metrics: MetricsRegistry
}

/** A commit that failed for a passing reason is made again with the next one; after so many in a row the app stops. */
const failuresInRowMax = 5

/**
 * Commits at least once. Invariant: no offset is committed before every record derived from it, state included, is
 * acknowledged.
 *
 * 1. Changed store entries go to the changelogs and the offsets are taken, in one synchronous step: they show one moment.
 * 2. The producer is flushed. When a record failed and the handler said `fail`, this throws and nothing is committed.
 * 3. The offsets are committed. A crash before it repeats records; state then already holds their effect.
 * 4. The tasks forget what was committed. What a store may only write once that is certain follows at once, in a second flush:
 *    a crash before it repeats final results of windows, and never loses one.
 *
 * The caller lets no task process a record meanwhile.
 */
export class Committer {
  readonly #options: CommitterOptions
  #failuresInRow = 0

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  /**
   * @returns what was committed; empty when there was nothing to commit, or the broker was out of reach for now
   * @throws TaskMigratedError when a task belongs to another member; ProductionError after a `fail`
   */
  async commit(consumer: ConsumerPort, tasks: readonly RuntimeTask[]): Promise<readonly TopicPartitionOffset[]> {
    const { clock, collector } = this.#options
    const startedMs = clock.monotonic()
    const changedEntries = tasks.reduce((sum, task) => sum + task.changedEntries, 0)
    for (const task of tasks) task.flushStores()
    const offsets = tasks.flatMap((task) => task.offsetsToCommit())
    if (offsets.length === 0 && changedEntries === 0) return offsets
    await collector.flush()
    if (!(await this.#commitOffsets(consumer, offsets))) return []
    for (const task of tasks) {
      task.committed()
      this.#options.metrics.of(task.id).commits++
    }
    if (tasks.some((task) => task.changedEntries > 0)) {
      for (const task of tasks) task.flushStores()
      await collector.flush()
    }
    if (commitChannel.hasSubscribers) this.#announce(offsets, changedEntries, clock.monotonic() - startedMs)
    return offsets
  }

  async #commitOffsets(consumer: ConsumerPort, offsets: readonly TopicPartitionOffset[]): Promise<boolean> {
    try {
      if (offsets.length > 0) await consumer.commit(offsets)
      this.#failuresInRow = 0
      return true
    } catch (error) {
      if (!(error instanceof BrokerError) || !error.retriable || ++this.#failuresInRow >= failuresInRowMax) throw error
      errorChannel.publish({ stage: 'background', answer: 'retry', error, taskId: undefined })
      return false
    }
  }

  #announce(offsets: readonly TopicPartitionOffset[], changedEntries: number, durationMs: number): void {
    commitChannel.publish({ applicationId: this.#options.applicationId, offsets, changedEntries, durationMs })
  }
}
