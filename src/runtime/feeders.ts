import type { Subtopology } from '../planner/plan.ts'

/**
 * The sub-topologies whose results a sub-topology reads, at any remove, by its id. Those that read its results in turn (as the two
 * sides of a foreign-key join do) are left out: neither could wait for the other.
 */
export function feedersOf(subtopologies: readonly Subtopology[]): ReadonlyMap<number, ReadonlySet<number>> {
  const above = new Map(subtopologies.map((each) => [each.id, allAbove(each, subtopologies)]))
  return new Map(
    [...above].map(([id, feeders]) => [id, new Set([...feeders].filter((feeder) => !above.get(feeder)!.has(id)))]),
  )
}

function allAbove(reader: Subtopology, subtopologies: readonly Subtopology[]): ReadonlySet<number> {
  const found = new Set<number>()
  const look = ({ sources }: Subtopology): void => {
    const topics = new Set<unknown>(sources.map(({ topic }) => topic))
    for (const other of subtopologies) {
      if (found.has(other.id)) continue
      if (!other.nodes.some(({ operator }) => operator.kind === 'sink' && topics.has(operator.topic))) continue
      found.add(other.id)
      look(other)
    }
  }
  look(reader)
  return found
}
