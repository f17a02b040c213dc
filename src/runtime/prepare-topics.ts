import type { Plan } from '../planner/plan.ts'
import { createdConfigs } from './changelog-retention.ts'
import type { AdminPort, NewTopic } from './port.ts'
import { layoutTopics, userTopics } from './topic-layout.ts'

export interface PrepareTopicsOptions {
  /** -1: the broker's default. */
  readonly replicationFactor: number
  readonly deadLetterTopic: string | null
  /** Told the partition counts of the internal topics, as they are or will be, before anything is created; may throw. */
  readonly beforeCreation?: (partitionCounts: ReadonlyMap<string, number>) => Promise<void>
}

/**
 * Checks that the user's topics exist and fit, creates the internal ones that are missing, and reads the counts again: another
 * instance may have created them at the same moment from another idea of the topology.
 *
 * @returns partition counts of all topics of the app
 * @throws TopologyError `MILLRACE_TOPIC_MISSING`, `MILLRACE_PARTITIONS_MISMATCH`
 */
export async function prepareTopics(
  plan: Plan,
  admin: AdminPort,
  { replicationFactor, deadLetterTopic, beforeCreation }: PrepareTopicsOptions,
): Promise<ReadonlyMap<string, number>> {
  const deadLetters = deadLetterTopic === null ? [] : [deadLetterTopic]
  const names = [...userTopics(plan), ...plan.internalTopics.map((topic) => topic.name), ...deadLetters]
  const existing = await admin.partitionCounts(names)
  const { partitionCounts, missingInternal } = layoutTopics(plan, existing)
  await beforeCreation?.(partitionCounts)
  const missing: NewTopic[] = missingInternal.map((topic) => {
    const { name } = topic
    return {
      topic: name,
      partitionCount: partitionCounts.get(name) ?? 1,
      replicationFactor,
      configs: createdConfigs(topic),
    }
  })
  for (const topic of deadLetters) {
    if (!existing.has(topic)) missing.push({ topic, partitionCount: 1, replicationFactor, configs: {} })
  }
  if (missing.length === 0) return existing
  await admin.createTopics(missing)
  const created = await admin.partitionCounts(names)
  layoutTopics(plan, created)
  return created
}
