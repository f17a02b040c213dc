import type { MetricsRegistry, TaskMetrics } from './task-metrics.ts'

/** A copy of a task's counters at one moment; see `TaskMetrics` for what each counts. */
export interface TaskMetricsSnapshot {
  readonly taskId: string
  readonly recordsIn: number
  readonly recordsOut: number
  readonly commits: number
  readonly restoredRecords: number
  /** By reason: `late`, `null-key`, ... */
  readonly dropped: Readonly<Record<string, number>>
  /** By `stage:answer`: `decode:continue`, `process:fail`, ... */
  readonly errors: Readonly<Record<string, number>>
}

/** Counters of an app since it started: the sums, and each task's own. */
export interface AppMetrics {
  readonly recordsIn: number
  readonly recordsOut: number
  readonly commits: number
  readonly restoredRecords: number
  readonly droppedRecords: number
  readonly tasks: readonly TaskMetricsSnapshot[]
}

export function snapshotMetrics(registry: MetricsRegistry): AppMetrics {
  const tasks = [...registry.tasks].map(snapshotTask).toSorted((a, b) => (a.taskId < b.taskId ? -1 : 1))
  const sum = (count: (task: TaskMetricsSnapshot) => number): number =>
    tasks.reduce((total, task) => total + count(task), 0)
  return {
    recordsIn: sum((task) => task.recordsIn),
    recordsOut: sum((task) => task.recordsOut),
    commits: sum((task) => task.commits),
    restoredRecords: sum((task) => task.restoredRecords),
    droppedRecords: sum((task) => Object.values(task.dropped).reduce((total, count) => total + count, 0)),
    tasks,
  }
}

function snapshotTask(task: TaskMetrics): TaskMetricsSnapshot {
  return {
    taskId: task.taskId,
    recordsIn: task.recordsIn,
    recordsOut: task.recordsOut,
    commits: task.commits,
    restoredRecords: task.restoredRecords,
    dropped: Object.fromEntries(task.dropped),
    errors: Object.fromEntries(task.errors),
  }
}
