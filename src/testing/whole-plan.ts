import type { Plan, Subtopology } from '../planner/plan.ts'

/** All sub-topologies as one: node and topic names are unique across a plan. */
export function wholePlan({ subtopologies }: Plan): Subtopology {
  return {
    id: 0,
    sources: subtopologies.flatMap(({ sources }) => sources),
    nodes: subtopologies.flatMap(({ nodes }) => nodes),
    stores: subtopologies.flatMap(({ stores }) => stores),
  }
}
