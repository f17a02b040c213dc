import type {
  SuppressNode,
  TableFilterNode,
  TableMapValuesNode,
  TableSourceNode,
  TopologyNode,
  ToStreamNode,
  ToTableNode,
} from '../topology/node.ts'
import type { Expiring } from '../topology/table-settings.ts'
import { versionedSettings } from '../topology/versioned.ts'
import { windowCloseDelayMs } from '../topology/window-retention.ts'
import type { Lowered, Lowering } from './lowering.ts'
import type { OperatorSpec } from './operator-spec.ts'

export function lowerTableSource(lowering: Lowering, node: TableSourceNode): void {
  const { topic, key, value, timestamp, offsetReset } = node
  const source = `${lowering.name(node)}-source`
  lowering.graph.sources.push({ topic, nodeName: source, key, value, timestamp, offsetReset, internal: false })
  lowering.graph.add(source, { kind: 'pass' }, [])
  addTableSource(lowering, node, { node: source, topics: [topic], rekeyed: false })
}

export function lowerToTable(lowering: Lowering, node: ToTableNode): void {
  const input = lowering.lowered(lowering.input(node))
  if (!input.rekeyed) return addTableSource(lowering, node, { ...input, topics: lowering.copartition(node, [input]) })
  const request = { name: lowering.tableStoreName(node), ...lowering.serdes(node), readers: [node] }
  addTableSource(lowering, node, lowering.repartition(input, request))
}

function addTableSource(lowering: Lowering, node: TableSourceNode | ToTableNode, from: Lowered): void {
  const store = addTableStore(lowering, node)
  const { sendOldValues } = lowering.table(node)
  const spec: OperatorSpec = { kind: 'table-source', store, sendOldValues }
  lowering.done(node, { ...from, node: lowering.graph.add(lowering.name(node), spec, [from.node], stores(store)) })
}

export function lowerToStream(lowering: Lowering, node: ToStreamNode): void {
  const input = lowering.lowered(lowering.input(node))
  lowering.done(node, {
    ...input,
    node: lowering.graph.add(lowering.name(node), { kind: 'table-to-stream' }, [input.node]),
  })
}

export function lowerTableFilter(lowering: Lowering, node: TableFilterNode): void {
  const { predicate, negate } = node
  addTableNode(lowering, node, (store, sendOldValues) => ({
    kind: 'table-filter',
    predicate,
    negate,
    store,
    sendOldValues,
    versioned: lowering.isVersioned(node),
  }))
}

export function lowerTableMapValues(lowering: Lowering, node: TableMapValuesNode): void {
  addTableNode(lowering, node, (store, sendOldValues) => ({
    kind: 'table-map-values',
    mapper: node.mapper,
    store,
    sendOldValues,
  }))
}

function addTableNode(
  lowering: Lowering,
  node: TableFilterNode | TableMapValuesNode,
  spec: (store: string | null, sendOldValues: boolean) => OperatorSpec,
): void {
  const input = lowering.lowered(lowering.input(node))
  const store = addTableStore(lowering, node)
  const name = lowering.graph.add(
    lowering.name(node),
    spec(store, lowering.table(node).sendOldValues),
    [input.node],
    stores(store),
  )
  lowering.done(node, { ...input, node: name })
}

export function lowerSuppress(lowering: Lowering, node: SuppressNode): void {
  const { until, maxRecords, maxBytes, onFull } = node
  const input = lowering.lowered(lowering.input(node))
  const serdes = lowering.serdes(node)
  const store = lowering.store(node, {
    kind: 'suppress',
    key: lowering.need(serdes.key, node, 'key of its buffer'),
    value: lowering.need(serdes.value, node, 'value of its buffer'),
  })
  const durationMs = until === 'window-close' ? (windowCloseDelayMs(node, lowering.nodes) ?? 0) : node.durationMs
  const spec: OperatorSpec = { kind: 'suppress', until, durationMs, maxRecords, maxBytes, onFull, store }
  lowering.done(node, { ...input, node: lowering.graph.add(lowering.name(node), spec, [input.node], [store]) })
}

/** The store of a table that is kept; null where it is not. */
export function addTableStore(lowering: Lowering, node: TopologyNode): string | null {
  if (!lowering.table(node).materialized) return null
  const serdes = lowering.serdes(node)
  const key = lowering.need(serdes.key, node, 'key of its store')
  const value = lowering.need(serdes.value, node, 'value of its store')
  const versioned = versionedSettings(node)
  const spec =
    versioned === undefined
      ? ({ kind: 'key-value', key, value, ...ttlOf(node) } as const)
      : ({ kind: 'versioned', key, value, ...versioned } as const)
  return reusesSource(lowering, node) ? lowering.storeOfSource(node, spec) : lowering.store(node, spec)
}

/**
 * Not where the app begins behind what the topic holds already: a restore would bring in what the table never had. Nor with a
 * ttl: what the table has forgotten still stands in the topic.
 */
function reusesSource(lowering: Lowering, node: TopologyNode): node is TableSourceNode {
  return (
    node.kind === 'table-source' &&
    node.offsetReset !== 'latest' &&
    node.ttlMs === undefined &&
    lowering.optimizes('reuse.ktable.source.topics')
  )
}

function ttlOf(node: TopologyNode): Expiring {
  return 'ttlMs' in node ? { ttlMs: node.ttlMs } : {}
}

export function stores(store: string | null): readonly string[] {
  return store === null ? [] : [store]
}
