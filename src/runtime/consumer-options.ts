import type { OffsetReset, Plan, PlanSource, Subtopology } from '../planner/plan.ts'
import type { ConsumerOptions, OutOfRangePolicy } from './port.ts'
import { taskAssignor } from './task-assignor.ts'
import type { ThreadSettings } from './thread-settings.ts'

interface Source {
  readonly source: PlanSource
  readonly subtopology: Subtopology
}

export function consumerOptions({
  plan,
  settings,
}: {
  readonly plan: Plan
  readonly settings: ThreadSettings
}): ConsumerOptions {
  const sources = new Map<string, Source>()
  for (const subtopology of plan.subtopologies) {
    for (const source of subtopology.sources) sources.set(source.topic, { source, subtopology })
  }
  return {
    ...settings,
    groupId: plan.applicationId,
    assignor: taskAssignor(plan.subtopologies),
    readCommitted: false,
    offsetReset: (topic) => offsetResetOf(sources.get(topic), settings),
    outOfRange: ({ topic }) => outOfRangeOf(sources.get(topic), settings),
  }
}

/** Repartition topics hold nothing that may be left out: whoever reads first reads everything. */
function offsetResetOf(found: Source | undefined, settings: ThreadSettings): OffsetReset {
  if (found?.source.internal === true) return 'earliest'
  return found?.source.offsetReset ?? settings.offsetReset
}

/** Leaving out or repeating records under a store would make its results wrong without a word. */
function outOfRangeOf(found: Source | undefined, settings: ThreadSettings): OutOfRangePolicy {
  if (settings.outOfRange !== 'auto') return settings.outOfRange
  if (found === undefined || found.subtopology.stores.length > 0) return 'error'
  const reset = offsetResetOf(found, settings)
  return reset === 'none' ? 'error' : reset
}
