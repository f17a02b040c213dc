import type { Subtopology } from '../planner/plan.ts'

/** What comes before a sub-topology. */
export interface Feeders {
  /** Of the sub-topologies whose results it reads, at any remove. */
  readonly ids: ReadonlySet<number>
  /** What it and they read. */
  readonly topics: ReadonlySet<string>
}

/**
 * The feeders of each sub-topology. Those that read its results in turn (as the two sides of a foreign-key join do) are left out:
 * neither could wait for the other.
 */
export function feedersOf(subtopologies: readonly Subtopology[]): ReadonlyMap<number, Feeders> {
  const above = new Map(subtopologies.map((each) => [each.id, allAbove(each, subtopologies)]))
  const feedersOfOne = (reader: Subtopology): Feeders => {
    const found = [...above.get(reader.id)!].filter(({ id }) => !above.get(id)!.has(reader))
    const topics = [reader, ...found].flatMap(({ sources }) => sources.map(({ topic }) => topic))
    return { ids: new Set(found.map(({ id }) => id)), topics: new Set(topics) }
  }
  return new Map(subtopologies.map((each) => [each.id, feedersOfOne(each)]))
}

function allAbove(reader: Subtopology, subtopologies: readonly Subtopology[]): ReadonlySet<Subtopology> {
  const found = new Set<Subtopology>()
  const look = ({ sources }: Subtopology): void => {
    const topics = new Set<unknown>(sources.map(({ topic }) => topic))
    for (const other of subtopologies) {
      if (found.has(other)) continue
      if (!other.nodes.some(({ operator }) => operator.kind === 'sink' && topics.has(operator.topic))) continue
      found.add(other)
      look(other)
    }
  }
  look(reader)
  return found
}
