import { sleep } from '../core/clock.ts'
import { topicPartitionName, type TopicPartition } from '../core/topic-partition.ts'
import type { ConsumerOptions } from '../runtime/port.ts'
import { backoff } from './backoff.ts'
import { isRetriable } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import type { Position } from './leader-epochs.ts'
import { startPositions } from './start-positions.ts'

export interface PositionSearchOptions {
  readonly cluster: Cluster
  readonly consumer: ConsumerOptions
  /** All positions may be there. */
  onFound(): void
  /** Nobody can say where to begin. */
  onFatal(error: Error): void
}

/**
 * Finds out where to begin reading, beside whoever polls: a transaction under way that will commit where (KIP-447), or a
 * coordinator that does not answer, may hold that up for long. Until then the partitions are this member's, and nobody is told: who was told
 * before the transaction has ended would restore state without what that wrote.
 */
export class PositionSearch {
  readonly #options: PositionSearchOptions
  /** By name. A partition that left and came back is another object. */
  readonly #sought = new Map<string, TopicPartition>()
  readonly #found = new Map<string, Position>()

  constructor(options: PositionSearchOptions) {
    this.#options = options
  }

  add(partitions: readonly TopicPartition[]): void {
    const sought = partitions.map((partition) => ({ ...partition }))
    for (const partition of sought) this.#sought.set(topicPartitionName(partition), partition)
    void this.#search(sought)
  }

  remove(partitions: readonly TopicPartition[]): void {
    for (const name of partitions.map(topicPartitionName)) {
      this.#sought.delete(name)
      this.#found.delete(name)
    }
  }

  clear(): void {
    this.#sought.clear()
    this.#found.clear()
  }

  get partitions(): readonly TopicPartition[] {
    return [...this.#sought.values()]
  }

  /** Those of all, in the order in which they were added; undefined while one is missing. */
  take(): readonly Position[] | undefined {
    if (this.#found.size < this.#sought.size) return undefined
    const positions = [...this.#sought.keys()].map((name) => this.#found.get(name)!)
    this.clear()
    return positions
  }

  async #search(sought: readonly TopicPartition[]): Promise<void> {
    const { clock, random } = this.#options.cluster.options
    for (let attempt = 0; this.#open(sought).length > 0; attempt++) {
      await this.#try(this.#open(sought))
      if (this.#open(sought).length > 0) await sleep(clock, backoff(attempt, random))
    }
  }

  #open(partitions: readonly TopicPartition[]): readonly TopicPartition[] {
    return partitions.filter((partition) => {
      const name = topicPartitionName(partition)
      return this.#sought.get(name) === partition && !this.#found.has(name)
    })
  }

  async #try(asked: readonly TopicPartition[]): Promise<void> {
    const { cluster, consumer, onFound, onFatal } = this.#options
    try {
      const positions = await startPositions(cluster, consumer, asked)
      const open = new Set(this.#open(asked).map(topicPartitionName))
      for (const position of positions) {
        const name = topicPartitionName(position)
        if (open.has(name)) this.#found.set(name, position)
      }
      onFound()
    } catch (error) {
      if (isRetriable(error)) return cluster.refresh().catch(() => {})
      this.remove(this.#open(asked))
      onFatal(cluster.translate(error, 'find out where to start reading'))
    }
  }
}
