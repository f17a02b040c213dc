import { TopologyError, type Problem } from '../core/errors.ts'
import type { Topology } from '../topology/topology.ts'
import { addParking } from './add-parking.ts'
import { findClashes } from './find-clashes.ts'
import { fuseChains } from './fuse-chains.ts'
import { lower } from './lower.ts'
import { mergeRepartitions } from './merge-repartitions.ts'
import type { PhysicalGraph } from './physical-graph.ts'
import type { InternalTopic, Plan, Subtopology } from './plan.ts'
import { shareSelfJoinStores } from './share-self-join-stores.ts'
import { splitSubtopologies } from './split-subtopologies.ts'

/**
 * Turns a topology into what runs: lower, optimize where the topology says so, split into sub-topologies, fuse stateless chains. Pure; the same topology and
 * application id always give the same plan.
 *
 * @throws TopologyError `MILLRACE_TOPOLOGY_INVALID` listing every serde that is missing and every name that clashes
 */
export function planTopology(topology: Topology, options: { readonly applicationId: string }): Plan {
  const { graph } = lower(topology, options.applicationId)
  if (topology.optimizations.includes('merge.repartition.topics')) mergeRepartitions(graph)
  if (topology.optimizations.includes('single.store.self.join')) shareSelfJoinStores(graph)
  addParking(graph, options.applicationId)
  const queryables = storesByName(topology)
  const clashes = findClashes(graph, topology.nodes, options.applicationId)
  const problems = [...graph.problems, ...clashes, ...lostQueryables(graph, queryables)]
  if (problems.length > 0) throw new TopologyError(problems)
  const subtopologies = splitSubtopologies(graph).map(fuseChains)
  return deepFreeze({
    topologyName: topology.name,
    applicationId: options.applicationId,
    subtopologies,
    internalTopics: internalTopics(graph, subtopologies),
    copartitionGroups: graph.copartitionGroups,
    globalTables: graph.globalTables,
    queryables,
  })
}

function storesByName({ queryables }: Topology): Readonly<Record<string, string>> {
  const entries = Object.entries<{ readonly store: string }>(queryables)
  return Object.fromEntries(entries.map(([name, { store }]) => [name, store]))
}

function lostQueryables(graph: PhysicalGraph, queryables: Readonly<Record<string, string>>): readonly Problem[] {
  const kept = new Set([...graph.stores.keys(), ...graph.globalTables.map(({ store }) => store)])
  return Object.entries(queryables)
    .filter(([, store]) => !kept.has(store))
    .map(([name, store]) => ({
      path: `queryable ${name}`,
      problem: `nothing keeps a store ${store}`,
      remedy: "name the declaration in a processor's `stores`, or do not return it",
    }))
}

function internalTopics(graph: PhysicalGraph, subtopologies: readonly Subtopology[]): readonly InternalTopic[] {
  return graph.topics.map(({ name, kind, partitions, configs }) => {
    const uses = (subtopology: Subtopology): boolean =>
      subtopology.sources.some((source) => source.topic === name) ||
      subtopology.stores.some((store) => store.changelogTopic === name)
    return { name, kind, partitions, configs, subtopology: subtopologies.findIndex(uses) }
  })
}

/** Plain objects and arrays only: serdes and the user's functions are left as they are. */
function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  if (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype) return value
  if ('serialize' in value) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
