import type { PlanNode, PlanSource, Subtopology } from './plan.ts'
import type { PhysicalGraph } from './physical-graph.ts'

/**
 * Second pass: nodes that are connected by edges or by a store they share form a sub-topology; topics in between separate.
 * Numbered by their first node (Kafka Streams: InternalTopologyBuilder.nodeGroups).
 */
export function splitSubtopologies(graph: PhysicalGraph): readonly Subtopology[] {
  const group = groupNodes(graph)
  const roots = [...new Set(graph.nodes.map((node) => group(node.name)))]
  return roots.map((root, id) => {
    const inside = (name: string): boolean => group(name) === root
    const nodes = graph.nodes.filter((node) => inside(node.name))
    return {
      id,
      sources: graph.sources.filter((source: PlanSource) => inside(source.nodeName)),
      nodes: nodes.map(({ name, operator, stores, onError }): PlanNode => {
        return {
          name,
          operator,
          stores,
          ...(onError !== undefined && { onError }),
          children: nodes.filter((child) => child.parents.includes(name)).map((child) => child.name),
        }
      }),
      stores: [...graph.stores.values()]
        .filter(({ owner, spec }) => inside(storeUser(graph, owner, spec.name)))
        .map(({ spec }) => spec),
    }
  })
}

/** A node that uses the store: its owner, or for a join, whose owner is only a name, one of its sides. */
function storeUser(graph: PhysicalGraph, owner: string, store: string): string {
  return graph.nodes.find((node) => node.stores.includes(store))?.name ?? owner
}

/** Union-find over node names; returns the representative of a node's group. */
function groupNodes(graph: PhysicalGraph): (name: string) => string {
  const parent = new Map(graph.nodes.map((node) => [node.name, node.name]))
  const find = (name: string): string => {
    let root = name
    while (parent.get(root) !== root) root = parent.get(root)!
    parent.set(name, root)
    return root
  }
  const firstUser = new Map<string, string>()
  for (const node of graph.nodes) {
    for (const other of node.parents) parent.set(find(node.name), find(other))
    for (const store of node.stores) {
      const user = firstUser.get(store) ?? node.name
      firstUser.set(store, user)
      parent.set(find(node.name), find(user))
    }
  }
  return find
}
