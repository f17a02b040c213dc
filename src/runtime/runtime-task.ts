import type { TaskId } from '../core/task-id.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { Subtopology } from '../planner/plan.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import type { InFlight } from './in-flight.ts'
import type { FetchedBatch } from './port.ts'
import type { SchedulableTask } from './readiness.ts'
import type { RecordCollector } from './record-collector.ts'
import type { TaskStore } from './task-stores.ts'

export type TopicPartitionOffset = TopicPartition & { readonly offset: number }

/** What the thread needs of a task; `Task` is one. */
export interface RuntimeTask extends SchedulableTask {
  readonly inputs: readonly TopicPartition[]
  readonly stores: ReadonlyMap<string, TaskStore>
  /** A promise when something must be fetched before the batch can be decoded: await it, then `enqueue`. */
  prime(batch: FetchedBatch): Promise<void> | undefined
  enqueue(batch: FetchedBatch): void
  bufferedCount(partition: TopicPartition): number
  readonly inFlight: InFlight
  /** The position before which every record is done, of each input that moved since the last `committed()`. */
  offsetsToCommit(): readonly TopicPartitionOffset[]
  /** Hands changed store entries to the collector, for the changelogs. */
  flushStores(): void
  committed(): void
  readonly changedEntries: number
  /** Once, with the stores restored, before the first record. */
  start(): void
  /** Runs what is due by wall clock. */
  punctuate(nowMs: number): boolean
  /** When the next punctuation, or a record that is held, is due by wall clock; undefined when there is none. */
  readonly nextPunctuationMs: number | undefined
  /** When a record that is held is tried again, by wall clock; undefined when none is. Until it is done the task cannot be committed. */
  readonly heldUntilMs: number | undefined
  /** So much time has passed without input. */
  elapse(ms: number): void
  /** Topics to which it will write records of the past, when time has passed. */
  readonly heldTopics: readonly string[]
  /** A processor wants a commit before the interval is over. */
  readonly commitRequested: boolean
  close(): void
}

export interface TaskSetting {
  readonly id: TaskId
  readonly subtopology: Subtopology
  readonly collector: RecordCollector
  readonly metrics: TaskMetrics
  /** To be called when something in flight has ended. */
  readonly onReady: () => void
}

/** Makes a task with empty stores. */
export type TaskFactory = (setting: TaskSetting) => Promise<RuntimeTask>
