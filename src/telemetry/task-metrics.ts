import { taskIdName } from '../core/task-id.ts'
import type { TaskId } from '../core/task-id.ts'

/** Where a record failed, and what the user's handler, or the operator's `onError`, answered. */
export type ErrorStage = 'decode' | 'process' | 'produce'
export type ErrorOutcome = 'fail' | 'continue' | 'dead-letter' | 'park' | 'retry'

/**
 * What a task counted since the app started. Plain fields, because they stand on the record path: exporters read them
 * when they are asked, and nothing is paid per record but an addition. They only grow.
 */
export class TaskMetrics {
  readonly taskId: string
  /** Records taken from input topics, also those that were then dropped or failed. */
  recordsIn = 0
  /** Records handed to the producer: sinks, repartition topics, changelogs and dead letters. */
  recordsOut = 0
  /** Commits that covered the task. */
  commits = 0
  /** Changelog records read back into its stores. */
  restoredRecords = 0
  readonly #dropped = new Map<string, number>()
  readonly #errors = new Map<`${ErrorStage}:${ErrorOutcome}`, number>()

  constructor(taskId: string) {
    this.taskId = taskId
  }

  countDropped(reason: string): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + 1)
  }

  countError(stage: ErrorStage, outcome: ErrorOutcome): void {
    const name = `${stage}:${outcome}` as const
    this.#errors.set(name, (this.#errors.get(name) ?? 0) + 1)
  }

  /** Records left out by reason (`late`, `null-key`, ...). */
  get dropped(): ReadonlyMap<string, number> {
    return this.#dropped
  }

  /** Failed records by `stage:answer`, for example `decode:continue`. */
  get errors(): ReadonlyMap<string, number> {
    return this.#errors
  }
}

/**
 * The metrics of every task that ran in this app. A task that comes back after a rebalance goes on with the counters it
 * had, so that an exporter never sees one go down; there are at most as many as the topology has tasks.
 */
export class MetricsRegistry {
  readonly #tasks = new Map<string, TaskMetrics>()

  of(id: TaskId): TaskMetrics {
    const name = taskIdName(id)
    const known = this.#tasks.get(name)
    if (known !== undefined) return known
    const made = new TaskMetrics(name)
    this.#tasks.set(name, made)
    return made
  }

  get tasks(): Iterable<TaskMetrics> {
    return this.#tasks.values()
  }
}
