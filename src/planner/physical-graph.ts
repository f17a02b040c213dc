import type { Problem } from '../core/errors.ts'
import type { OperatorSpec } from './operator-spec.ts'
import type { CopartitionGroup, GlobalTableSpec, InternalTopic, PlanSource } from './plan.ts'
import type { StoreSpec } from './store-spec.ts'

/** A plan node before sub-topologies and fusing: knows its parents; children follow from the order of the list. */
export interface PhysicalNode {
  readonly name: string
  readonly operator: OperatorSpec
  readonly parents: readonly string[]
  readonly stores: readonly string[]
}

/** An internal topic before its sub-topology is known: that of `owner`, the node that reads it or keeps the store. */
export interface PhysicalTopic extends Omit<InternalTopic, 'subtopology'> {
  readonly owner: string
  /** A repartition topic that another one may stand in for. */
  readonly isMergeable?: boolean
}

/** What the passes of the planner fill, front to back. */
export class PhysicalGraph {
  readonly nodes: PhysicalNode[] = []
  readonly sources: PlanSource[] = []
  readonly stores: Map<string, { readonly spec: StoreSpec; readonly owner: string }> = new Map()
  readonly topics: PhysicalTopic[] = []
  readonly copartitionGroups: CopartitionGroup[] = []
  readonly globalTables: GlobalTableSpec[] = []
  readonly problems: Problem[] = []

  replace(nodes: readonly PhysicalNode[]): void {
    this.nodes.splice(0, this.nodes.length, ...nodes)
  }

  add(name: string, operator: OperatorSpec, parents: readonly string[], stores: readonly string[] = []): string {
    this.nodes.push({ name, operator, parents, stores })
    return name
  }
}
