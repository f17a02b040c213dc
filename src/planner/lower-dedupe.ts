import { json } from '../serde/json.ts'
import { pair } from '../serde/pair.ts'
import type { DedupeNode } from '../topology/dedupe-node.ts'
import type { Lowered, Lowering } from './lowering.ts'
import type { OperatorSpec } from './operator-spec.ts'

/** Equal ids must meet: repartitions where the key may have changed. */
export function lowerDedupe(lowering: Lowering, node: DedupeNode): void {
  const { idOf, withinMs, late } = node
  const from = byKey(lowering, node)
  const key = lowering.need(lowering.serdes(node).key, node, 'key of its store')
  const store = lowering.store(node, {
    kind: 'window',
    key: pair(key, node.idSerde),
    value: json(),
    // A window store forgets what is as old as its retention; here what is exactly 2 * within old still counts.
    retentionMs: 2 * withinMs + 1,
    windowSizeMs: withinMs,
  })
  const spec: OperatorSpec = { kind: 'dedupe', idOf, withinMs, late, store }
  lowering.done(node, { ...from, node: lowering.graph.add(lowering.name(node), spec, [from.node], [store]) })
}

function byKey(lowering: Lowering, node: DedupeNode): Lowered {
  const input = lowering.lowered(lowering.input(node))
  if (!input.rekeyed) return { ...input, topics: lowering.copartition(node, [input]) }
  return lowering.repartition(input, { name: lowering.baseName(node), ...lowering.serdes(node), readers: [node] })
}
