import { TopologyError } from '../core/errors.ts'
import type { Problem } from '../core/errors.ts'
import type { InternalTopic, Plan, Subtopology } from '../planner/plan.ts'

/** Partition counts of every topic that the app reads or writes, the internal ones included, and what must be created. */
export interface TopicLayout {
  readonly partitionCounts: ReadonlyMap<string, number>
  readonly missingInternal: readonly InternalTopic[]
}

type Counts = ReadonlyMap<string, number>

/** Topics that the topology names and that the user has to provide: sources and static sinks. */
export function userTopics(plan: Plan): readonly string[] {
  const internal = new Set(plan.internalTopics.map((topic) => topic.name))
  const topics = plan.subtopologies.flatMap((subtopology) => [
    ...subtopology.sources.map((source) => source.topic),
    ...staticSinks(subtopology),
  ])
  topics.push(...plan.globalTables.map(({ topic }) => topic))
  return [...new Set(topics)].filter((topic) => !internal.has(topic))
}

function staticSinks(subtopology: Subtopology): readonly string[] {
  return subtopology.nodes.flatMap(({ operator }) => {
    return operator.kind === 'sink' && typeof operator.topic === 'string' ? [operator.topic] : []
  })
}

/**
 * Checks the topics that exist against the plan and derives what the internal ones must look like.
 *
 * @throws TopologyError `MILLRACE_TOPIC_MISSING` or `MILLRACE_PARTITIONS_MISMATCH`, with every problem found
 */
export function layoutTopics(plan: Plan, existing: Counts): TopicLayout {
  const missing = missingTopics(plan, existing)
  if (missing.length > 0)
    throw new TopologyError([...missing, ...sourceMismatches(plan, existing)], 'MILLRACE_TOPIC_MISSING')
  const partitionCounts = deriveCounts(plan, existing)
  const mismatches = [
    ...groupMismatches(plan, partitionCounts),
    ...internalMismatches(plan, { existing, partitionCounts }),
  ]
  if (mismatches.length > 0) throw new TopologyError(mismatches, 'MILLRACE_PARTITIONS_MISMATCH')
  return { partitionCounts, missingInternal: plan.internalTopics.filter((topic) => !existing.has(topic.name)) }
}

function missingTopics(plan: Plan, existing: Counts): readonly Problem[] {
  return userTopics(plan)
    .filter((topic) => !existing.has(topic))
    .map((topic) => ({
      path: `topic ${topic}`,
      problem: 'it does not exist',
      remedy: 'create it, with the partition count that you want, before the app starts',
    }))
}

/** Mismatches that are certain before anything is derived: between topics that exist. */
function sourceMismatches(plan: Plan, existing: Counts): readonly Problem[] {
  const own = new Set(plan.internalTopics.map((topic) => topic.name))
  const known = new Map([...existing].filter(([topic]) => !own.has(topic)))
  return groupMismatches(plan, known)
}

function groupMismatches(plan: Plan, counts: Counts): readonly Problem[] {
  return plan.copartitionGroups.flatMap(({ topics, nodeName }) => {
    const known = topics.flatMap((topic) => {
      const count = counts.get(topic)
      return count === undefined ? [] : [{ topic, count }]
    })
    if (new Set(known.map(({ count }) => count)).size < 2) return []
    return {
      path: nodeName,
      problem: `its inputs must have equal partition counts, but ${known.map(({ topic, count }) => `${topic} has ${count}`).join(' and ')}`,
      remedy: 'make the counts equal, or put a repartition() before the join',
    }
  })
}

function internalMismatches(
  plan: Plan,
  { existing, partitionCounts }: { existing: Counts; partitionCounts: Counts },
): readonly Problem[] {
  return plan.internalTopics.flatMap(({ name, kind }) => {
    const has = existing.get(name)
    const needs = partitionCounts.get(name)
    if (has === undefined || has === needs) return []
    return {
      path: `${kind} topic ${name}`,
      problem: `it has ${has} partitions but needs ${needs}`,
      remedy:
        'the input topics or the topology changed since it was created: reset the application, or give it a new applicationId',
    }
  })
}

/**
 * Repartition topics get the count the user fixed; else that of the topics they meet; else the largest count among the
 * sources of those who write them (RepartitionTopics, CopartitionedTopicsEnforcer). They may depend on each other in any
 * order, even in a circle, so counts grow until nothing changes; they end because no count is larger than the largest
 * given one. Changelogs have as many partitions as their sub-topology has tasks.
 */
function deriveCounts(plan: Plan, existing: Counts): Counts {
  const internal = new Set(plan.internalTopics.map((topic) => topic.name))
  const counts = new Map([...existing].filter(([topic]) => !internal.has(topic)))
  const given = new Set(counts.keys())
  for (const { name, kind, partitions } of plan.internalTopics) {
    if (kind === 'changelog' || partitions === null) continue
    counts.set(name, partitions)
    given.add(name)
  }
  const open = plan.internalTopics.filter(({ name, kind }) => kind === 'repartition' && !given.has(name))
  for (let changed = true; changed;) {
    changed = false
    for (const { name } of open) {
      const count = repartitionCount(name, plan, { counts, given })
      if (count === (counts.get(name) ?? 0)) continue
      counts.set(name, count)
      changed = true
    }
  }
  for (const { name, kind, subtopology } of plan.internalTopics) {
    if (kind === 'changelog')
      counts.set(
        name,
        taskCount(
          plan.subtopologies.find(({ id }) => id === subtopology),
          counts,
        ),
      )
  }
  return counts
}

function repartitionCount(
  name: string,
  plan: Plan,
  { counts, given }: { counts: Counts; given: ReadonlySet<string> },
): number {
  const partners = plan.copartitionGroups.filter(({ topics }) => topics.includes(name)).flatMap(({ topics }) => topics)
  const fixed = partners.find((topic) => given.has(topic))
  if (fixed !== undefined) return counts.get(fixed) ?? 0
  const writers = plan.subtopologies.filter((subtopology) => staticSinks(subtopology).includes(name))
  const upstream = writers.map((subtopology) => taskCount(subtopology, counts))
  return Math.max(counts.get(name) ?? 0, ...partners.map((topic) => counts.get(topic) ?? 0), ...upstream)
}

function taskCount(subtopology: Subtopology | undefined, counts: Counts): number {
  return Math.max(0, ...(subtopology?.sources ?? []).map((source) => counts.get(source.topic) ?? 0))
}
