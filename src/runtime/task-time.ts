import type { PlanNode, PlanSource } from '../planner/plan.ts'
import type { StateStore } from '../state/state-store.ts'
import type { NodeRunner } from './node-runner.ts'

interface TimedNode {
  readonly runner: NodeRunner
  /** Those that it is the first to use. */
  readonly stores: readonly StateStore[]
  readonly below: readonly string[]
}

/**
 * How time reaches the nodes of a task when no record brings it.
 *
 * Time without input (ADR 0017) passes for a node only while nothing above it holds records back: what waits there will come with
 * timestamps of the past, and would be late. So along a chain of windows each waits for the one before it, as it does when records
 * drive them.
 */
export class TaskTime {
  /** Parents before children. */
  readonly #nodes: readonly TimedNode[]
  /** Nodes that forget by the task's stream time (ADR 0018). */
  readonly #expiring: readonly NodeRunner[]

  constructor(
    nodes: readonly PlanNode[],
    sources: readonly PlanSource[],
    parts: { readonly runners: ReadonlyMap<string, NodeRunner>; readonly stores: ReadonlyMap<string, StateStore> },
  ) {
    const taken = new Set<string>()
    this.#nodes = nodes.map((node) => ({
      runner: parts.runners.get(node.name)!,
      stores: node.stores.flatMap((name) => firstUse(name, taken, parts.stores)),
      below: [...node.children, ...throughTopic(node, sources)],
    }))
    this.#expiring = this.#nodes.map(({ runner }) => runner).filter(({ expires }) => expires)
  }

  /** Something waits for time in some node. */
  get isHolding(): boolean {
    return this.#nodes.some(({ runner }) => runner.isHolding)
  }

  elapse(ms: number): void {
    const held = new Set<string>()
    const due = this.#nodes.filter(({ runner, below }) => {
      const isHeld = held.has(runner.nodeName)
      if (isHeld || runner.isHolding) for (const name of below) held.add(name)
      return !isHeld
    })
    for (const { runner, stores } of due) {
      for (const store of stores) store.elapse?.(ms)
      runner.elapse(ms)
    }
  }

  expire(streamTimeMs: number): void {
    for (const runner of this.#expiring) runner.expire(streamTimeMs)
  }
}

function firstUse(name: string, taken: Set<string>, stores: ReadonlyMap<string, StateStore>): readonly StateStore[] {
  const store = stores.get(name)
  if (store === undefined || taken.has(name)) return []
  taken.add(name)
  return [store]
}

/** Where one task writes a topic and reads it again, as in the test driver. */
function throughTopic({ operator }: PlanNode, sources: readonly PlanSource[]): readonly string[] {
  if (operator.kind !== 'sink') return []
  return sources.filter(({ topic }) => topic === operator.topic).map(({ nodeName }) => nodeName)
}
