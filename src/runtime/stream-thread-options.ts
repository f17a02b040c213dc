import type { Clock } from '../core/clock.ts'
import type { Plan } from '../planner/plan.ts'
import type { MetricsRegistry } from '../telemetry/task-metrics.ts'
import type { ErrorHandlers } from './error-handlers.ts'
import type { AdminPort, KafkaPort } from './port.ts'
import type { TaskFactory } from './runtime-task.ts'
import type { ThreadSettings } from './thread-settings.ts'

export interface StreamThreadOptions {
  readonly plan: Plan
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly port: KafkaPort
  readonly admin: AdminPort
  readonly clock: Clock
  readonly settings: ThreadSettings
  readonly handlers: ErrorHandlers
  readonly metrics: MetricsRegistry
  readonly createTask: TaskFactory
  /** `running`: joined, and every task restored. Told when it changes. */
  readonly onPhase: (phase: ThreadPhase) => void
}

export type ThreadPhase = 'rebalancing' | 'running'
