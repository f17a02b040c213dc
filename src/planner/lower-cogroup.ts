import type { CogroupNode } from '../topology/aggregate-nodes.ts'
import { addAggregateStore, aggregateSpec } from './lower-aggregates.ts'
import type { Lowered, Lowering } from './lowering.ts'

/**
 * One aggregate operator for each input, all on one store, and a node where their results meet (Kafka Streams:
 * CogroupedStreamAggregateBuilder).
 */
export function lowerCogroup(lowering: Lowering, node: CogroupNode): void {
  const inputs = groupedInputs(lowering, node)
  const keys = node.groups.map(({ key }, index) => key ?? lowering.serdes(lowering.input(node, index)).key)
  const store = addAggregateStore(lowering, node, keys.find((key) => key !== null) ?? null)
  const name = lowering.name(node)
  const parts = node.groups.map(({ aggregator }, index) =>
    lowering.graph.add(
      `${name}-${index + 1}`,
      aggregateSpec(lowering, node, { aggregator, store }),
      [inputs[index]!.node],
      [store],
    ),
  )
  const merged = lowering.graph.add(name, { kind: 'pass' }, parts)
  lowering.done(node, { node: merged, topics: lowering.copartition(node, inputs), rekeyed: false })
}

/**
 * Each input, through a repartition topic of its own where its key may have changed. The first such topic has Kafka Streams'
 * name, the others the place of their input: Kafka Streams fails to build them when the store has a name (ADR 0007).
 */
function groupedInputs(lowering: Lowering, node: CogroupNode): readonly Lowered[] {
  let isFirst = true
  return node.groups.map((group, index) => {
    const inputNode = lowering.input(node, index)
    const input = lowering.lowered(inputNode)
    if (!input.rekeyed) return input
    const inherited = lowering.serdes(inputNode)
    const store = lowering.tableStoreName(node)
    const name = group.name ?? (isFirst ? store : `${store}-${index + 1}`)
    isFirst = false
    return lowering.repartition(input, {
      name,
      key: group.key ?? inherited.key,
      value: group.value ?? inherited.value,
      readers: [node],
    })
  })
}
