import type { Problem } from '../core/errors.ts'
import { TopologyError } from '../core/errors.ts'
import type { NewNode, NodeId, TopologyNode } from './node.ts'
import type { TopologyOptimization } from './optimization.ts'
import { keepQueryables, queryableProblems, type QueryableStore, type ReturnedByName } from './queryables.ts'

/**
 * A topology: frozen data that can be printed, compared, tested and explained without a broker. Any number of apps and test
 * drivers may run it. `Q`: what can be read by name while it runs, by what its declaration returned.
 */
export interface Topology<Q = Record<never, never>> {
  /** Also the default application id: part of the names of internal topics and of the consumer group. */
  readonly name: string
  readonly nodes: readonly TopologyNode[]
  /** What its plan may save; empty: nothing. */
  readonly optimizations: readonly TopologyOptimization[]
  /** The stores behind the names of `Q`. */
  readonly queryables: { readonly [N in keyof Q]: QueryableStore<Q[N]> }
}

/** Collects nodes and mistakes while the user's function runs; mistakes are reported together at the end. */
export class GraphBuilder {
  readonly #nodes: TopologyNode[] = []
  readonly #problems: Problem[] = []

  append(node: NewNode): NodeId {
    const id = this.#nodes.length
    this.#nodes.push(Object.freeze({ ...node, id } as TopologyNode))
    return id
  }

  report(problem: Problem): void {
    this.#problems.push(problem)
  }

  /** Runs `read`; a TopologyError becomes part of the report and `fallback` stands in. */
  collect<T>(read: () => T, fallback: T): T {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof TopologyError)) throw error
      this.#problems.push(...error.problems)
      return fallback
    }
  }

  /** @throws TopologyError `MILLRACE_TOPOLOGY_INVALID` with every mistake that was reported */
  build(
    { name, optimizations, returned }: Pick<Topology, 'name' | 'optimizations'> & { readonly returned: ReturnedByName },
    check: (topology: Topology) => readonly Problem[],
  ): Topology {
    const kept = keepQueryables(this.#nodes, returned)
    const topology: Topology = Object.freeze({ name, ...kept, optimizations: Object.freeze([...optimizations]) })
    const problems = [...this.#problems, ...check(topology), ...queryableProblems(this.#nodes, returned)]
    if (problems.length > 0) throw new TopologyError(problems)
    return topology
  }
}
