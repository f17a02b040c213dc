import type { TopicPartition } from '../core/topic-partition.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import type { Subtopology } from '../planner/plan.ts'
import type { Assignor, GroupMember } from './port.ts'

/** All input partitions of one task; they go to one member together. */
interface TaskInputs {
  readonly partitions: readonly TopicPartition[]
}

type Quota = Map<string, number>

/**
 * Assigns whole tasks to members. What holds for every outcome:
 * 1. no partition goes to two members, and all inputs of a task go to the same one;
 * 2. a task of which another member still owns an input goes to nobody: its owner hears that it lost it, lets go, and joins
 *    again (KIP-429; Kafka's CooperativeStickyAssignor does the same);
 * 3. with the tasks of 2 counted where they will go, members differ by at most one task, in each sub-topology and in total;
 * 4. a member keeps what it owned as far as 3 allows; a balanced group whose members stay does not move anything;
 * 5. the outcome depends on the arguments only, not on the order of the members.
 */
export function taskAssignor(subtopologies: readonly Subtopology[]): Assignor {
  return (members, partitionCounts) => {
    const assignment = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]))
    const sorted = members.toSorted((a, b) => (a.memberId < b.memberId ? -1 : 1))
    const claims = claimsOf(sorted)
    const extras = new Map<string, number>()
    for (const subtopology of sorted.length === 0 ? [] : subtopologies) {
      const tasks = tasksOf(subtopology, partitionCounts)
      const owners = ownersOf(tasks, claims)
      const quota = quotasOf(tasks.length, sorted, { owners, extras })
      const give = (task: TaskInputs, memberId: string): void => {
        if (isFree(task, memberId, claims)) assignment.get(memberId)?.push(...task.partitions)
      }
      place(tasks, { owners, quota, give })
    }
    return assignment
  }
}

/** As many tasks as the widest input has partitions; a narrower input is missing in the last ones (PartitionGrouper). */
export function tasksOf(subtopology: Subtopology, partitionCounts: ReadonlyMap<string, number>): readonly TaskInputs[] {
  const topics = [...new Set(subtopology.sources.map((source) => source.topic))]
  const count = Math.max(0, ...topics.map((topic) => partitionCounts.get(topic) ?? 0))
  return Array.from({ length: count }, (_, partition) => ({
    partitions: topics
      .filter((topic) => partition < (partitionCounts.get(topic) ?? 0))
      .map((topic) => ({ topic, partition })),
  }))
}

/** Which members say that they own a partition, in the order of their ids; more than one when the group was in disarray. */
type Claims = ReadonlyMap<string, readonly string[]>

function claimsOf(members: readonly GroupMember[]): Claims {
  const claims = new Map<string, string[]>()
  for (const { memberId, owned } of members) {
    for (const partition of owned) {
      const name = topicPartitionName(partition)
      const found = claims.get(name)
      if (found === undefined) claims.set(name, [memberId])
      else found.push(memberId)
    }
  }
  return claims
}

const claimantsOf = ({ partitions }: TaskInputs, claims: Claims): readonly string[] =>
  partitions.flatMap((partition) => claims.get(topicPartitionName(partition)) ?? [])

/** Who owned each task; of two members that claim one the first by id. */
function ownersOf(tasks: readonly TaskInputs[], claims: Claims): readonly (string | undefined)[] {
  return tasks.map((task) => claimantsOf(task, claims)[0])
}

function isFree(task: TaskInputs, memberId: string, claims: Claims): boolean {
  return claimantsOf(task, claims).every((claimant) => claimant === memberId)
}

/**
 * Everybody gets the same number, and the rest goes one by one to those who got the fewest extra tasks so far: extras
 * then never differ by more than one, and so neither do the totals. Among equals those who own most here come first.
 */
function quotasOf(
  taskCount: number,
  members: readonly GroupMember[],
  { owners, extras }: { readonly owners: readonly (string | undefined)[]; readonly extras: Map<string, number> },
): Quota {
  const base = Math.floor(taskCount / members.length)
  const ownedCount = (memberId: string): number => owners.filter((owner) => owner === memberId).length
  const extrasOf = (memberId: string): number => extras.get(memberId) ?? 0
  const ranked = members
    .map(({ memberId }) => memberId)
    .toSorted((a, b) => extrasOf(a) - extrasOf(b) || ownedCount(b) - ownedCount(a) || (a < b ? -1 : 1))
  const lucky = new Set(ranked.slice(0, taskCount % members.length))
  for (const memberId of lucky) extras.set(memberId, extrasOf(memberId) + 1)
  return new Map(members.map(({ memberId }) => [memberId, base + (lucky.has(memberId) ? 1 : 0)]))
}

interface Placement {
  readonly owners: readonly (string | undefined)[]
  readonly quota: Quota
  readonly give: (task: TaskInputs, memberId: string) => void
}

function place(tasks: readonly TaskInputs[], { owners, quota, give: giveIfFree }: Placement): void {
  const give = (task: TaskInputs, memberId: string): void => {
    quota.set(memberId, (quota.get(memberId) ?? 0) - 1)
    giveIfFree(task, memberId)
  }
  const left: TaskInputs[] = []
  for (const [index, task] of tasks.entries()) {
    const owner = owners[index]
    if (owner !== undefined && (quota.get(owner) ?? 0) > 0) give(task, owner)
    else left.push(task)
  }
  for (const task of left) {
    const [memberId] = [...quota].find(([, room]) => room > 0) ?? []
    if (memberId !== undefined) give(task, memberId)
  }
}
