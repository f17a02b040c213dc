import type { Serde } from '../serde/serde.ts'
import type { StreamJoinNode, StreamTableJoinNode, TableJoinNode, TopologyNode } from '../topology/node.ts'
import { addTableStore, stores } from './lower-tables.ts'
import type { Lowered, Lowering } from './lowering.ts'
import type { OperatorSpec } from './operator-spec.ts'

/** One side of a join of streams, through a repartition topic where its key may have changed. */
function joinSide(
  lowering: Lowering,
  node: StreamJoinNode | StreamTableJoinNode,
  side: { readonly input: TopologyNode; readonly suffix: string; readonly value: Serde<any> | null },
): Lowered {
  const input = lowering.lowered(side.input)
  if (!input.rekeyed) return input
  const inherited = lowering.serdes(side.input)
  // Without a name of its own the join shares the topic with the other joins of the same stream (KStreamImpl.repartitionForJoin).
  const name = node.name === null ? lowering.baseName(side.input) : `${node.name}${side.suffix}`
  const readers = node.name === null ? joinsOf(lowering, side.input) : [node]
  return lowering.repartition(input, {
    name,
    key: node.key ?? inherited.key,
    value: side.value ?? inherited.value,
    readers,
  })
}

function joinsOf(lowering: Lowering, input: TopologyNode): readonly TopologyNode[] {
  return lowering.nodes.filter(
    ({ kind, inputs }) => (kind === 'stream-join' || kind === 'stream-table-join') && inputs.includes(input.id),
  )
}

export function lowerStreamJoin(lowering: Lowering, node: StreamJoinNode): void {
  const leftNode = lowering.input(node, 0)
  const rightNode = lowering.input(node, 1)
  const left = joinSide(lowering, node, { input: leftNode, suffix: '-left', value: node.leftValue })
  const right = joinSide(lowering, node, { input: rightNode, suffix: '-right', value: node.rightValue })
  const key = lowering.need(lowering.serdes(node).key, node, 'key of its stores')
  const leftValue = lowering.need(node.leftValue ?? lowering.serdes(leftNode).value, node, "left side's values")
  const rightValue = lowering.need(node.rightValue ?? lowering.serdes(rightNode).value, node, "right side's values")
  const { beforeMs, afterMs, graceMs } = node.windows
  const retentionMs = beforeMs + afterMs + graceMs
  const leftStore = lowering.store(node, { kind: 'stream-join', key, value: leftValue, retentionMs }, '-left')
  const rightStore = lowering.store(node, { kind: 'stream-join', key, value: rightValue, retentionMs }, '-right')
  const unmatchedStore =
    node.type === 'inner'
      ? null
      : lowering.store(node, { kind: 'unmatched', key, value: leftValue, rightValue }, '-unmatched')
  const name = lowering.name(node)
  const { type, joiner, windows } = node
  const side = { kind: 'stream-join', type, joiner, windows, unmatchedStore, joinId: name, storesOwn: true } as const
  const used = [leftStore, rightStore, ...stores(unmatchedStore)]
  lowering.graph.add(
    `${name}-left`,
    { ...side, side: 'left', ownStore: leftStore, otherStore: rightStore },
    [left.node],
    used,
  )
  lowering.graph.add(
    `${name}-right`,
    { ...side, side: 'right', ownStore: rightStore, otherStore: leftStore },
    [right.node],
    used,
  )
  const merged = lowering.graph.add(name, { kind: 'pass' }, [`${name}-left`, `${name}-right`])
  lowering.done(node, { node: merged, topics: lowering.copartition(node, [left, right]), rekeyed: false })
}

export function lowerStreamTableJoin(lowering: Lowering, node: StreamTableJoinNode): void {
  const tableNode = lowering.input(node, 1)
  const stream = joinSide(lowering, node, { input: lowering.input(node, 0), suffix: '', value: node.leftValue })
  const { view, stores: used } = lowering.view(tableNode)
  const { type, joiner, graceMs } = node
  const buffer = graceMs === null ? null : addBuffer(lowering, node)
  const spec: OperatorSpec =
    graceMs === null || buffer === null
      ? { kind: 'stream-table-join', type, joiner, table: view }
      : { kind: 'stream-table-grace-join', type, joiner, graceMs, table: view, store: buffer }
  const name = lowering.graph.add(lowering.name(node), spec, [stream.node], [...stores(buffer), ...used])
  lowering.done(node, {
    node: name,
    topics: lowering.copartition(node, [stream, lowering.lowered(tableNode)]),
    rekeyed: false,
  })
}

/** Where its records wait for late updates of the table. */
function addBuffer(lowering: Lowering, node: StreamTableJoinNode): string {
  const stream = lowering.serdes(lowering.input(node, 0))
  return lowering.store(node, {
    kind: 'stream-buffer',
    key: lowering.need(node.key ?? stream.key, node, 'key of its buffer'),
    value: lowering.need(node.leftValue ?? stream.value, node, "stream's values in its buffer"),
  })
}

export function lowerTableJoin(lowering: Lowering, node: TableJoinNode): void {
  const { type, joiner } = node
  const { sendOldValues } = lowering.table(node)
  const [leftNode, rightNode] = [lowering.input(node, 0), lowering.input(node, 1)]
  const [left, right] = [lowering.lowered(leftNode), lowering.lowered(rightNode)]
  const [leftView, rightView] = [lowering.view(leftNode), lowering.view(rightNode)]
  const name = lowering.name(node)
  const store = addTableStore(lowering, node)
  const side = { kind: 'table-join-side', type, joiner, sendOldValues } as const
  lowering.graph.add(
    `${name}-left`,
    { ...side, side: 'left', other: rightView.view, dropOutOfOrder: lowering.isVersioned(node, 0) },
    [left.node],
    rightView.stores,
  )
  lowering.graph.add(
    `${name}-right`,
    { ...side, side: 'right', other: leftView.view, dropOutOfOrder: lowering.isVersioned(node, 1) },
    [right.node],
    leftView.stores,
  )
  const merged = lowering.graph.add(
    name,
    { kind: 'table-join-merge', store, sendOldValues },
    [`${name}-left`, `${name}-right`],
    stores(store),
  )
  lowering.done(node, { node: merged, topics: lowering.copartition(node, [left, right]), rekeyed: false })
}
