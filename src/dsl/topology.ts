import { findProblems } from '../topology/find-problems.ts'
import { readOptimization, type TopologyOptions } from '../topology/optimization.ts'
import { GraphBuilder, type Topology } from '../topology/topology.ts'
import { readQueryables, type QueryablesOf } from './queryables.ts'
import { StreamsBuilder } from './streams-builder.ts'

/**
 * Declares a topology. `declare` runs at once and only describes; nothing is read or connected.
 *
 * What `declare` returns, as a record, can be read by name while it runs, from any instance (`MillraceApp.reader`): tables, global tables
 * and stores of processors. A table is kept in a store for that, as if it had been given one.
 *
 * @param name letters, digits, `.`, `_` and `-`; the default application id
 * @param options what its plan may save; default nothing
 * @throws TopologyError `MILLRACE_TOPOLOGY_INVALID` with every mistake found and what to do about each
 * @example
 * export default topology('alerts', (builder) => {
 *   const payments = builder.stream('payments', { key: string(), value: json<{ amount: number }>() })
 *   payments.filter((p) => p.amount > 100).to('large-payments', { key: string(), value: json() })
 * })
 */
export function topology<R>(
  name: string,
  declare: (builder: StreamsBuilder) => R,
  options: TopologyOptions = {},
): Topology<QueryablesOf<R>> {
  const graph = new GraphBuilder()
  const returned = readQueryables(graph, declare(new StreamsBuilder(graph)))
  const { optimizations, problems } = readOptimization(options.optimization)
  for (const problem of problems) graph.report(problem)
  return graph.build({ name, optimizations, returned }, findProblems) as Topology<QueryablesOf<R>>
}
