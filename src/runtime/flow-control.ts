import { topicPartitionName } from '../core/topic-partition.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { ConsumerPort } from './port.ts'
import type { RuntimeTask } from './runtime-task.ts'

/**
 * Bounds what waits in a task's queues: a partition above `max` records is paused, and resumed at half of it. What is in
 * flight when it pauses still comes: the bound is `max` plus one fetched batch.
 */
export class FlowControl {
  readonly #consumer: ConsumerPort
  readonly #max: number
  readonly #paused = new Map<string, { readonly partition: TopicPartition; readonly task: RuntimeTask }>()

  constructor(consumer: ConsumerPort, max: number) {
    this.#consumer = consumer
    this.#max = max
  }

  enqueued(task: RuntimeTask, partition: TopicPartition): void {
    const name = topicPartitionName(partition)
    if (this.#paused.has(name) || task.bufferedCount(partition) <= this.#max) return
    this.#paused.set(name, { partition: { topic: partition.topic, partition: partition.partition }, task })
    this.#consumer.pause([partition])
  }

  /** To be called when records were processed. */
  relieve(): void {
    for (const [name, { partition, task }] of this.#paused) {
      if (task.bufferedCount(partition) > this.#max / 2) continue
      this.#paused.delete(name)
      this.#consumer.resume([partition])
    }
  }

  /** A partition that comes back after a rebalance starts unpaused: what was known about it no longer holds. */
  forget(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(topicPartitionName(partition))
  }
}
