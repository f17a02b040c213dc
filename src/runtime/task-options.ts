import type { Clock } from '../core/clock.ts'
import type { TaskId } from '../core/task-id.ts'
import type { PlanNode, PlanSource, Subtopology } from '../planner/plan.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { StateStore } from '../state/state-store.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import type { ErrorHandlers } from './error-handlers.ts'
import type { RecordCollector } from './record-collector.ts'
import type { TaskStore } from './task-stores.ts'

export interface TaskOptions {
  readonly id: TaskId
  readonly subtopology: Subtopology
  /** The source topics that have a partition of the task's number; default: all. */
  readonly topics?: ReadonlySet<string>
  readonly applicationId: string
  readonly registry: SchemaRegistry | undefined
  readonly collector: RecordCollector
  readonly handlers: ErrorHandlers
  readonly deadLetterTopic: string | null
  readonly metrics: TaskMetrics
  /** For punctuations, and for the time-outs and waits of asynchronous calls. */
  readonly clock: Pick<Clock, 'now' | 'setTimer'>
  /** There is something for `inFlight.deliver`; called at any moment. */
  readonly onReady?: () => void
  /** By name; shared by all tasks, filled outside them. */
  readonly globalStores?: ReadonlyMap<string, StateStore>
}

/** What `createTask` made ready: stores, and sources and nodes with bound serdes. */
export interface TaskParts {
  readonly id: TaskId
  readonly stores: ReadonlyMap<string, TaskStore>
  readonly sources: readonly PlanSource[]
  readonly nodes: readonly PlanNode[]
  readonly globalStores: ReadonlyMap<string, StateStore>
}
