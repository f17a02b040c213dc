import type { PlanNode } from '../planner/plan.ts'

/** The nodes that a record may reach after it went through a store. */
export function belowState(nodes: readonly PlanNode[]): ReadonlySet<string> {
  const below = new Set<string>()
  for (const { name, stores, children } of nodes) {
    if (stores.length > 0 || below.has(name)) for (const child of children) below.add(child)
  }
  return below
}
