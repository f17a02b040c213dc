import type { GlobalTableSourceNode, StreamGlobalJoinNode } from '../topology/node.ts'
import type { Lowering } from './lowering.ts'

/** Becomes no node: a global table is filled outside the tasks. */
export function lowerGlobalTable(lowering: Lowering, node: GlobalTableSourceNode): void {
  const { topic, key, value } = node
  lowering.graph.globalTables.push({
    topic,
    key,
    value,
    nodeName: lowering.name(node),
    store: lowering.tableStoreName(node),
  })
}

/** Needs no repartition, whatever happened to the key: every task has the whole table. */
export function lowerStreamGlobalJoin(lowering: Lowering, node: StreamGlobalJoinNode): void {
  const { type, keySelector, joiner } = node
  const input = lowering.lowered(lowering.input(node, 0))
  const globalStore = lowering.tableStoreName(lowering.input(node, 1))
  const spec = { kind: 'stream-global-join', type, keySelector, joiner, globalStore } as const
  lowering.done(node, { ...input, node: lowering.graph.add(lowering.name(node), spec, [input.node]) })
}
