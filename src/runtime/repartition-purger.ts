import type { Clock } from '../core/clock.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import { errorChannel } from '../telemetry/channels.ts'
import type { AdminPort } from './port.ts'
import type { TopicPartitionOffset } from './runtime-task.ts'

export interface PurgerOptions {
  readonly admin: AdminPort
  readonly clock: Clock
  readonly repartitionTopics: ReadonlySet<string>
  readonly intervalMs: number
}

/**
 * Deletes records of repartition topics below the committed offsets (KIP-204): nobody else reads them, and they are kept
 * for ever otherwise. In the background, one request at a time; a request that fails is announced, and its offsets go again next time.
 */
export class RepartitionPurger {
  readonly #options: PurgerOptions
  readonly #purgeable = new Map<string, TopicPartitionOffset>()
  #lastMs: number
  #request: Promise<void> | undefined

  constructor(options: PurgerOptions) {
    this.#options = options
    this.#lastMs = options.clock.monotonic()
  }

  committed(offsets: readonly TopicPartitionOffset[]): void {
    for (const offset of offsets) {
      if (this.#options.repartitionTopics.has(offset.topic)) this.#purgeable.set(topicPartitionName(offset), offset)
    }
    this.#purgeWhenDue()
  }

  /** Resolves when no request is on its way. */
  async idle(): Promise<void> {
    await this.#request
  }

  #purgeWhenDue(): void {
    const { admin, clock, intervalMs } = this.#options
    if (this.#request !== undefined || this.#purgeable.size === 0 || clock.monotonic() - this.#lastMs < intervalMs)
      return
    const offsets = [...this.#purgeable.values()]
    this.#purgeable.clear()
    this.#lastMs = clock.monotonic()
    this.#request = admin
      .deleteRecords(offsets)
      .catch((error: Error) => this.#again(offsets, error))
      .finally(() => (this.#request = undefined))
  }

  #again(offsets: readonly TopicPartitionOffset[], error: Error): void {
    errorChannel.publish({ stage: 'background', answer: 'retry', error, taskId: undefined })
    for (const offset of offsets) {
      const name = topicPartitionName(offset)
      if (!this.#purgeable.has(name)) this.#purgeable.set(name, offset)
    }
  }
}
