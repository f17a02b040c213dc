import { changeSerde } from '../serde/change-serde.ts'
import { minimumRetentionMs } from '../topology/window-retention.ts'
import type { Serde } from '../serde/serde.ts'
import type { Aggregator } from '../topology/functions.ts'
import type {
  CogroupNode,
  OverNode,
  StreamAggregateNode,
  TableAggregateNode,
  TableGroupNode,
} from '../topology/aggregate-nodes.ts'
import { addTableStore, stores } from './lower-tables.ts'
import type { Lowered, Lowering } from './lowering.ts'
import type { OperatorSpec } from './operator-spec.ts'

export function lowerStreamAggregate(lowering: Lowering, node: StreamAggregateNode): void {
  const from = grouped(lowering, node)
  const key = node.grouping.key ?? lowering.serdes(lowering.input(node)).key
  const store = addAggregateStore(lowering, node, key)
  const spec = aggregateSpec(lowering, node, { aggregator: node.aggregator, store })
  lowering.done(node, { ...from, node: lowering.graph.add(lowering.name(node), spec, [from.node], [store]) })
}

/** The input of an aggregate, through a repartition topic where its key may have changed. */
function grouped(lowering: Lowering, node: StreamAggregateNode | OverNode): Lowered {
  const inputNode = lowering.input(node)
  const input = lowering.lowered(inputNode)
  const inherited = lowering.serdes(inputNode)
  if (!input.rekeyed) return { ...input, topics: lowering.copartition(node, [input]) }
  return lowering.repartition(input, {
    name: node.grouping.name ?? lowering.tableStoreName(node),
    key: node.grouping.key ?? inherited.key,
    value: node.grouping.value ?? inherited.value,
    readers: [node],
  })
}

export function aggregateSpec(
  lowering: Lowering,
  node: StreamAggregateNode | CogroupNode,
  own: { readonly aggregator: Aggregator; readonly store: string },
): OperatorSpec {
  const { initializer, windows } = node
  const { sendOldValues } = lowering.table(node)
  const common = { initializer, ...own, sendOldValues }
  const emit = node.kind === 'cogroup' ? 'window-update' : node.emit
  if (windows === null) return { kind: 'stream-aggregate', ...common }
  if (windows.kind === 'time') return { kind: 'window-aggregate', windows, emit, ...common }
  if (windows.kind === 'sliding') return { kind: 'sliding-aggregate', windows, emit, ...common }
  return { kind: 'session-aggregate', windows, emit, merger: node.merger!, ...common }
}

export function addAggregateStore(
  lowering: Lowering,
  node: StreamAggregateNode | CogroupNode,
  keySerde: Serde<any> | null,
): string {
  const { windows } = node
  if (windows === null) return addTableStore(lowering, node)!
  const key = lowering.need(keySerde, node, 'key of its store')
  const value = lowering.need(lowering.serdes(node).value, node, 'value of its store')
  const retentionMs = node.retentionMs ?? minimumRetentionMs(windows)
  const emitFinal = node.kind === 'stream-aggregate' && node.emit === 'window-close'
  if (windows.kind === 'session') return lowering.store(node, { kind: 'session', key, value, retentionMs, emitFinal })
  const common = { kind: 'window', key, value, retentionMs, emitFinal } as const
  if (windows.kind === 'sliding') return lowering.store(node, { ...common, windowSizeMs: windows.differenceMs })
  return lowering.store(node, { ...common, windowSizeMs: windows.sizeMs, advanceMs: windows.advanceMs })
}

export function lowerTableGroup(lowering: Lowering, node: TableGroupNode): void {
  const input = lowering.lowered(lowering.input(node))
  const spec = { kind: 'table-group', selector: node.selector, dropOutOfOrder: lowering.isVersioned(node) } as const
  const name = lowering.graph.add(lowering.name(node), spec, [input.node])
  lowering.done(node, { ...input, node: name, rekeyed: true })
}

export function lowerTableAggregate(lowering: Lowering, node: TableAggregateNode): void {
  const { initializer, adder, subtractor, grouping } = node
  const value = lowering.need(grouping.value, node, 'value of its repartition topic')
  const from = lowering.repartition(lowering.lowered(lowering.input(node)), {
    name: grouping.name ?? lowering.tableStoreName(node),
    key: grouping.key,
    value: changeSerde(value),
    readers: [node],
  })
  const store = addTableStore(lowering, node)!
  const spec: OperatorSpec = {
    kind: 'table-aggregate',
    initializer,
    adder,
    subtractor,
    store,
    sendOldValues: lowering.table(node).sendOldValues,
  }
  lowering.done(node, { ...from, node: lowering.graph.add(lowering.name(node), spec, [from.node], stores(store)) })
}

export function lowerOver(lowering: Lowering, node: OverNode): void {
  const { ranges, aggregate, graceMs, closed, where, grouping } = node
  const from = grouped(lowering, node)
  const inherited = lowering.serdes(lowering.input(node))
  const store = lowering.store(node, {
    kind: 'over',
    key: lowering.need(grouping.key ?? inherited.key, node, 'key of its store'),
    value: lowering.need(grouping.value ?? inherited.value, node, 'value of its store'),
    retentionMs: graceMs + Math.max(0, ...ranges.map((range) => range.rangeMs + range.delayMs)),
  })
  const spec: OperatorSpec = { kind: 'over', ranges, aggregate, graceMs, closed, where, store }
  lowering.done(node, { ...from, node: lowering.graph.add(lowering.name(node), spec, [from.node], [store]) })
}
