import type { FusedSpec } from './operator-spec.ts'
import type { Subtopology } from './plan.ts'

/**
 * Third pass: a stateless step whose only child has no other parent becomes one operator with it (Hazelcast Jet's planner does
 * the same): one call and one new record for the chain instead of one for each step. The operator keeps the last step's name. A
 * step with an error policy stays alone: a retry must not run its neighbours again.
 */
export function fuseChains(subtopology: Subtopology): Subtopology {
  const nodes = new Map(subtopology.nodes.map((node) => [node.name, node]))
  for (const { name, operator, children } of subtopology.nodes) {
    if (operator.kind === 'process')
      nodes.set(name, { ...nodes.get(name)!, operator: { ...operator, childNames: children } })
  }
  const parentCount = new Map<string, number>()
  for (const node of subtopology.nodes)
    for (const child of node.children) parentCount.set(child, (parentCount.get(child) ?? 0) + 1)
  const renamed = new Map<string, string>()
  for (const { name } of subtopology.nodes) {
    const node = nodes.get(name)!
    const next = node.children.length === 1 ? nodes.get(node.children[0]!)! : undefined
    if (node.operator.kind !== 'fused' || next?.operator.kind !== 'fused' || parentCount.get(next.name) !== 1) continue
    if (node.onError !== undefined || next.onError !== undefined) continue
    nodes.set(next.name, { ...next, operator: joined(node.operator, next.operator) })
    nodes.delete(name)
    renamed.set(name, next.name)
  }
  const last = (name: string): string => (renamed.has(name) ? last(renamed.get(name)!) : name)
  return { ...subtopology, nodes: [...nodes.values()].map((node) => ({ ...node, children: node.children.map(last) })) }
}

function joined(first: FusedSpec, second: FusedSpec): FusedSpec {
  return { kind: 'fused', steps: [...first.steps, ...second.steps] }
}
