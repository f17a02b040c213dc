import { findProblems } from '../topology/find-problems.ts'
import { readOptimization, type TopologyOptions } from '../topology/optimization.ts'
import { GraphBuilder, type Topology } from '../topology/topology.ts'
import { StreamsBuilder } from './streams-builder.ts'

/**
 * Declares a topology. `declare` runs at once and only describes; nothing is read or connected.
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
export function topology(
  name: string,
  declare: (builder: StreamsBuilder) => void,
  options: TopologyOptions = {},
): Topology {
  const graph = new GraphBuilder()
  declare(new StreamsBuilder(graph))
  const { optimizations, problems } = readOptimization(options.optimization)
  for (const problem of problems) graph.report(problem)
  return graph.build({ name, optimizations }, findProblems)
}
