import type { PlanNode, PlanSource } from '../planner/plan.ts'
import type { StateStore } from '../state/state-store.ts'
import type { NodeRunner } from './node-runner.ts'

interface TimedNode {
  readonly runner: NodeRunner
  /** Those that it is the first to use. */
  readonly stores: readonly StateStore[]
  readonly below: readonly string[]
  /** That it writes to, where it always writes to the same. */
  readonly topic: string | null
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
      topic: writtenTo(node),
    }))
    this.#expiring = this.#nodes.filter(({ stores }) => stores.some((store) => 'expire' in store)).map(({ runner }) => runner)
  }

  /** Something waits for time in some node. */
  get isHolding(): boolean {
    return this.#nodes.some(({ runner }) => runner.isHolding)
  }

  /** Topics to which records of the past may go, which are held back above. */
  get heldTopics(): readonly string[] {
    const held = this.#held()
    return this.#nodes.flatMap(({ runner, topic }) => (topic !== null && held.has(runner.nodeName) ? [topic] : []))
  }

  elapse(ms: number): void {
    const held = this.#held()
    for (const { runner, stores } of this.#nodes) {
      if (held.has(runner.nodeName)) continue
      for (const store of stores) store.elapse?.(ms)
      runner.elapse(ms)
    }
  }

  /** Nodes below one that holds something. */
  #held(): ReadonlySet<string> {
    const held = new Set<string>()
    for (const { runner, below } of this.#nodes) {
      if (runner.isHolding || held.has(runner.nodeName)) for (const name of below) held.add(name)
    }
    return held
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
function throughTopic(node: PlanNode, sources: readonly PlanSource[]): readonly string[] {
  const written = writtenTo(node)
  return sources.filter(({ topic }) => topic === written).map(({ nodeName }) => nodeName)
}

function writtenTo({ operator }: PlanNode): string | null {
  return operator.kind === 'sink' && typeof operator.topic === 'string' ? operator.topic : null
}
