import type { TaskId } from '../core/task-id.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import type { TopicPartition } from '../core/topic-partition.ts'

/** How far fetching has come; the consumer knows (port, C8). */
export interface FetchProgress {
  highWatermark(partition: TopicPartition): number | undefined
  position(partition: TopicPartition): number | undefined
}

/** What readiness and the scheduler need to see of a task. */
export interface SchedulableTask {
  readonly id: TaskId
  readonly bufferedTotal: number
  /** Timestamp of the record that would go next; undefined when nothing is buffered. */
  nextTimestamp(): number | undefined
  /** Inputs with an empty queue. */
  emptyInputs(): readonly TopicPartition[]
  /** Processes exactly one record. */
  process(): void
}

/**
 * Whether a task may process its next record although some of its inputs have none (KIP-695, PartitionGroup.readyToProcess).
 * It waits while the broker is known to hold more for an empty input, and while that is not known yet: this is what makes a
 * replay choose records by time, whatever order the fetches came back in. An input that is known to be empty is waited for
 * until `maxTaskIdleMs` has passed since it was first seen so.
 */
export class TaskReadiness {
  readonly #task: SchedulableTask
  readonly #progress: FetchProgress
  readonly #maxTaskIdleMs: number
  /** Inputs that are empty here and on the broker, and since when; by name. */
  #idleUntil = new Map<string, number>()

  constructor(task: SchedulableTask, progress: FetchProgress, maxTaskIdleMs: number) {
    this.#task = task
    this.#progress = progress
    this.#maxTaskIdleMs = maxTaskIdleMs
  }

  ready(nowMs: number): boolean {
    const empty = this.#task.emptyInputs()
    if (empty.length === 0) {
      if (this.#idleUntil.size > 0) this.#idleUntil.clear()
      return true
    }
    if (this.#maxTaskIdleMs === 0)
      return this.#task.bufferedTotal > 0 && empty.every((input) => this.#knownEmpty(input))
    return this.#waited(empty, nowMs) && this.#task.bufferedTotal > 0
  }

  /** When waiting for idle inputs ends; undefined when no deadline runs. */
  get nextDeadlineMs(): number | undefined {
    return this.#idleUntil.size === 0 ? undefined : Math.max(...this.#idleUntil.values())
  }

  #knownEmpty(input: TopicPartition): boolean {
    const end = this.#progress.highWatermark(input)
    const position = this.#progress.position(input)
    return end !== undefined && position !== undefined && position >= end
  }

  /** Deadlines of inputs that have data again are forgotten. */
  #waited(empty: readonly TopicPartition[], nowMs: number): boolean {
    const idleUntil = new Map<string, number>()
    let waited = true
    for (const input of empty) {
      if (!this.#knownEmpty(input)) {
        waited = false
        continue
      }
      const name = topicPartitionName(input)
      const deadline = this.#idleUntil.get(name) ?? nowMs + this.#maxTaskIdleMs
      idleUntil.set(name, deadline)
      if (nowMs < deadline) waited = false
    }
    this.#idleUntil = idleUntil
    return waited
  }
}
