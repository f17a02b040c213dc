import { taskIdName } from '../core/task-id.ts'
import type { TaskId } from '../core/task-id.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { Subtopology } from '../planner/plan.ts'
import type { StateStore } from '../state/state-store.ts'
import type { MetricsRegistry, TaskMetrics } from '../telemetry/task-metrics.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import type { ConsumerPort, FetchedBatch } from './port.ts'
import { feedersOf, type Feeders } from './feeders.ts'
import { TaskReadiness } from './readiness.ts'
import type { RecordCollector } from './record-collector.ts'
import type { RuntimeTask, TaskFactory } from './runtime-task.ts'
import { TaskIdleness } from './task-idleness.ts'

export interface TaskManagerOptions {
  readonly subtopologies: readonly Subtopology[]
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly metrics: MetricsRegistry
  readonly maxTaskIdleMs: number
  /** Null: time passes with records only. */
  readonly idleAfterMs: number | null
  readonly createTask: TaskFactory
  readonly collectorFor: (id: TaskId, metrics: TaskMetrics) => RecordCollector
  /** Resolves with false when it was aborted. */
  readonly restore: (task: RuntimeTask, metrics: TaskMetrics, signal: AbortSignal) => Promise<boolean>
  /** A task has something to deliver; called at any moment. */
  readonly onReady: () => void
  /** A task was restored and runs. */
  readonly onRunning: () => void
  /** A restore failed for good. */
  readonly onFailed: (error: Error) => void
}

interface ManagedTask {
  readonly task: RuntimeTask
  readonly readiness: TaskReadiness
  readonly idleness: TaskIdleness
  /** Aborts the restore; of no effect afterwards. */
  readonly abort: AbortController
  restoring: boolean
}

/** Tasks that restore at a time; the others wait, paused. */
const restoresMax = 4

/**
 * The tasks of one thread: makes them when partitions come, restores their stores while their partitions are paused and other
 * tasks go on, and lets go of them when partitions leave. It never commits.
 */
export class TaskManager {
  readonly #options: TaskManagerOptions
  readonly #tasks = new Map<string, ManagedTask>()
  readonly #byPartition = new Map<string, ManagedTask>()
  readonly #restores = new ConcurrencyLimit(restoresMax)
  readonly #feeders: ReadonlyMap<number, Feeders>
  #running: readonly ManagedTask[] = []

  constructor(options: TaskManagerOptions) {
    this.#options = options
    this.#feeders = feedersOf(options.subtopologies)
  }

  /** Restored tasks, in the order of sub-topology and partition. */
  get running(): readonly ManagedTask[] {
    return this.#running
  }

  get restoringCount(): number {
    return this.#tasks.size - this.#running.length
  }

  taskOf(partition: TopicPartition): RuntimeTask | undefined {
    return this.#byPartition.get(topicPartitionName(partition))?.task
  }

  runningOf(partitions: readonly TopicPartition[]): readonly RuntimeTask[] {
    const tasks = new Set(partitions.map((partition) => this.taskOf(partition)))
    return this.#running.map(({ task }) => task).filter((task) => tasks.has(task))
  }

  /** Pairs each batch with the task that owns its partition now; nobody owns it any more: it is dropped. */
  route(batches: readonly FetchedBatch[]): readonly (readonly [RuntimeTask, FetchedBatch])[] {
    return batches.flatMap((batch) => {
      const task = this.taskOf(batch)
      return task === undefined ? [] : [[task, batch] as const]
    })
  }

  /** @returns names of the tasks that were made; they run at once or after their restore */
  async assign(partitions: readonly TopicPartition[], consumer: ConsumerPort): Promise<readonly string[]> {
    const created: ManagedTask[] = []
    for (const [subtopology, partition] of this.#newTasks(partitions)) {
      created.push(await this.#create({ subtopology: subtopology.id, partition }, subtopology, consumer))
    }
    this.#listRunning()
    // only now: a restore that ends at once must not find that nothing else is left to restore
    for (const managed of created) if (managed.restoring) void this.#restore(managed, consumer)
    return created.map(({ task }) => taskIdName(task.id))
  }

  /** Lets go of the tasks of these partitions, also in mid-restore. @returns their names */
  remove(partitions: readonly TopicPartition[]): readonly string[] {
    const leaving = new Set(
      partitions.flatMap((partition) => this.#byPartition.get(topicPartitionName(partition)) ?? []),
    )
    for (const managed of leaving) {
      managed.abort.abort()
      if (!managed.restoring) managed.task.close()
      this.#tasks.delete(taskIdName(managed.task.id))
      for (const input of managed.task.inputs) this.#byPartition.delete(topicPartitionName(input))
    }
    this.#listRunning()
    return [...leaving].map(({ task }) => taskIdName(task.id))
  }

  /** All tasks' partitions. */
  get partitions(): readonly TopicPartition[] {
    return [...this.#tasks.values()].flatMap(({ task }) => task.inputs)
  }

  /** The stores of this name by partition, in tasks that run and in those that are being restored. */
  storesNamed(name: string): ReadonlyMap<number, StateStore | 'restoring'> {
    const found = new Map<number, StateStore | 'restoring'>()
    for (const { task, restoring } of this.#tasks.values()) {
      const store = task.stores.get(name)?.store
      if (store !== undefined) found.set(task.id.partition, restoring ? 'restoring' : store)
    }
    return found
  }

  /**
   * Lets time pass for the tasks that are without input (ADR 0017). Not while a task is to be committed: so whatever a crash takes back
   * of what time brought about comes again as it was.
   */
  elapse(nowMs: number): void {
    if (this.#options.idleAfterMs === null) return
    for (const { idleness } of this.#running) idleness.observe(nowMs)
    for (const each of this.#running) if (!this.#feedersAreDone(each)) each.idleness.interrupt()
    for (const { task, idleness } of this.#running) {
      const ms = task.changedEntries === 0 ? idleness.take() : 0
      if (ms > 0) task.elapse(ms)
    }
  }

  /** The first moment after now at which a running task no longer waits for input; Infinity: there is none. */
  nextDeadlineMs(nowMs: number): number {
    const deadlines = this.#running.flatMap(({ readiness, idleness }) => [
      readiness.nextDeadlineMs ?? Infinity,
      idleness.nextDeadlineMs ?? Infinity,
    ])
    return Math.min(Infinity, ...deadlines.filter((ms) => ms > nowMs))
  }

  /** No task can be idle: the thread could not have processed what they may have had. */
  interrupt(): void {
    for (const { idleness } of this.#running) idleness.interrupt()
  }

  /** What a task of this thread has yet to pass on would be late by the time that passes here. */
  #feedersAreDone({ task }: ManagedTask): boolean {
    const { ids, topics } = this.#feeders.get(task.id.subtopology)!
    const feeding = [...this.#tasks.values()].filter((other) => ids.has(other.task.id.subtopology))
    return feeding.every(
      (other) =>
        !other.restoring && other.idleness.isQuiet && !other.task.heldTopics.some((topic) => topics.has(topic)),
    )
  }

  #newTasks(partitions: readonly TopicPartition[]): readonly (readonly [Subtopology, number])[] {
    const found = new Map<string, readonly [Subtopology, number]>()
    for (const { topic, partition } of partitions) {
      const subtopology = this.#options.subtopologies.find(({ sources }) =>
        sources.some((source) => source.topic === topic),
      )
      if (subtopology === undefined) continue
      const name = taskIdName({ subtopology: subtopology.id, partition })
      if (!this.#tasks.has(name)) found.set(name, [subtopology, partition])
    }
    return [...found.values()].toSorted(([a, p], [b, q]) => a.id - b.id || p - q)
  }

  async #create(id: TaskId, subtopology: Subtopology, consumer: ConsumerPort): Promise<ManagedTask> {
    const { createTask, collectorFor, metrics, maxTaskIdleMs, partitionCounts, onReady } = this.#options
    const own = metrics.of(id)
    // an input with fewer partitions than the widest one is missing in the last tasks: they must not wait for it
    const sources = subtopology.sources.filter(({ topic }) => id.partition < (partitionCounts.get(topic) ?? 0))
    const task = await createTask({
      id,
      subtopology: { ...subtopology, sources },
      collector: collectorFor(id, own),
      metrics: own,
      onReady,
    })
    const readiness = new TaskReadiness(task, consumer, maxTaskIdleMs)
    const idleness = new TaskIdleness(task, consumer, this.#options.idleAfterMs ?? Infinity)
    const managed = { task, readiness, idleness, abort: new AbortController(), restoring: task.stores.size > 0 }
    this.#tasks.set(taskIdName(id), managed)
    for (const input of task.inputs) this.#byPartition.set(topicPartitionName(input), managed)
    if (managed.restoring) consumer.pause(task.inputs)
    else task.start()
    return managed
  }

  async #restore(managed: ManagedTask, consumer: ConsumerPort): Promise<void> {
    const { task, abort } = managed
    const { restore, metrics, onRunning, onFailed } = this.#options
    try {
      const restored = await this.#restores.run(() => restore(task, metrics.of(task.id), abort.signal))
      if (!restored || abort.signal.aborted) return
      task.start()
      managed.restoring = false
      this.#listRunning()
      consumer.resume(task.inputs)
      onRunning()
    } catch (error) {
      if (!abort.signal.aborted) onFailed(error as Error)
    }
  }

  #listRunning(): void {
    this.#running = [...this.#tasks.values()]
      .filter(({ restoring }) => !restoring)
      .sort(({ task: { id: a } }, { task: { id: b } }) => a.subtopology - b.subtopology || a.partition - b.partition)
  }
}
