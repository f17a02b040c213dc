import { noStreamTime } from '../operators/operator.ts'
import type { PlanNode, PlanSource } from '../planner/plan.ts'
import type { StateStore } from '../state/state-store.ts'
import type { NodeRunner } from './node-runner.ts'
import type { TaskPunctuations } from './task-punctuations.ts'

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
  readonly #stores: ReadonlyMap<string, { readonly store: StateStore }>
  readonly #punctuations: TaskPunctuations
  /** Nodes that forget by the task's stream time (ADR 0018). */
  readonly #expiring: readonly NodeRunner[]

  constructor(
    nodes: readonly PlanNode[],
    sources: readonly PlanSource[],
    parts: {
      readonly runners: ReadonlyMap<string, NodeRunner>
      readonly stores: ReadonlyMap<string, { readonly store: StateStore }>
      readonly punctuations: TaskPunctuations
    },
  ) {
    this.#stores = parts.stores
    this.#punctuations = parts.punctuations
    const taken = new Set<string>()
    this.#nodes = nodes.map((node) => ({
      runner: parts.runners.get(node.name)!,
      stores: node.stores.flatMap((name) => firstUse(name, taken, parts.stores)),
      below: [...node.children, ...throughTopic(node, sources)],
      topic: writtenTo(node),
    }))
    this.#expiring = this.#nodes
      .filter(({ stores }) => stores.some((store) => 'expire' in store))
      .map(({ runner }) => runner)
  }

  /** A record of this time is about to be processed. */
  advance(timestamp: number): void {
    if (this.#punctuations.advance(timestamp)) this.#expire()
  }

  /** Topics to which records of the past may go, which are held back above. */
  get heldTopics(): readonly string[] {
    const held = this.#held()
    return this.#nodes.flatMap(({ runner, topic }) => (topic !== null && held.has(runner.nodeName) ? [topic] : []))
  }

  /**
   * The task's own stream time, and with it stream-time punctuations and ttl, stands while something is held back anywhere: it may come
   * to what they see.
   */
  elapse(ms: number): void {
    const isHolding = this.#nodes.some(({ runner }) => runner.isHolding)
    const held = this.#held()
    for (const { runner, stores } of this.#nodes) {
      if (held.has(runner.nodeName)) continue
      for (const store of stores) store.elapse?.(ms)
      runner.elapse(ms)
    }
    if (isHolding) return
    const latest = [...this.#stores.values()].map(({ store }) => store.latestTimestamp ?? noStreamTime)
    this.#punctuations.elapse(ms, Math.max(noStreamTime, ...latest))
    this.#expire()
  }

  /** Nodes below one that holds something. */
  #held(): ReadonlySet<string> {
    const held = new Set<string>()
    for (const { runner, below } of this.#nodes) {
      if (runner.isHolding || held.has(runner.nodeName)) for (const name of below) held.add(name)
    }
    return held
  }

  #expire(): void {
    for (const runner of this.#expiring) runner.expire(this.#punctuations.streamTimeMs)
  }
}

function firstUse(
  name: string,
  taken: Set<string>,
  stores: ReadonlyMap<string, { readonly store: StateStore }>,
): readonly StateStore[] {
  const store = stores.get(name)?.store
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
