import type { Plan } from '../planner/plan.ts'
import { eventTimeRetentionMs } from './changelog-retention.ts'

/** Names of a plan's internal topics of one kind. */
export function topicsOf(plan: Plan, kind: 'changelog' | 'repartition'): ReadonlySet<string> {
  return new Set(plan.internalTopics.filter((topic) => topic.kind === kind).map((topic) => topic.name))
}

/** How long the records of a changelog are needed in event time, where they are not needed for ever; by topic. */
export function retentionsOf(plan: Plan): ReadonlyMap<string, number> {
  return new Map(
    plan.internalTopics.flatMap((topic) => {
      const retentionMs = eventTimeRetentionMs(topic)
      return retentionMs === null ? [] : [[topic.name, retentionMs] as const]
    }),
  )
}
