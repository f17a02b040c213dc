import type { SinkSpec } from './operator-spec.ts'
import type { PhysicalGraph, PhysicalNode } from './physical-graph.ts'

/** A repartition topic with the node that is written to it, and the node behind which it could stand as well. */
interface Repartition {
  readonly topic: string
  readonly sink: PhysicalNode & { readonly operator: SinkSpec }
  /** The node that receives its records. */
  readonly source: string
  readonly anchor: string
  /** The child of the anchor through which the records come; null when the anchor itself is written to the topic. */
  readonly below: string | null
}

/**
 * `merge.repartition.topics` (Kafka Streams: InternalStreamsBuilder.mergeRepartitionTopics): several repartition topics below one
 * key-changing node, with nothing in between that changes the value, become the first of them, right behind that node. Filters and the
 * like that stood in between, with all that follows them, then come behind the topic. docs/adr/0014 says where we differ.
 */
export function mergeRepartitions(graph: PhysicalGraph): void {
  const byAnchor = new Map<string, Repartition[]>()
  for (const found of repartitionsOf(graph)) byAnchor.set(found.anchor, [...(byAnchor.get(found.anchor) ?? []), found])
  for (const found of byAnchor.values()) {
    // The topic has one pair of serdes: whoever asked for another keeps a topic of its own.
    const { key, value } = found[0]!.sink.operator
    const alike = found.filter(({ sink: { operator } }) => operator.key === key && operator.value === value)
    if (alike.length > 1) merge(graph, alike)
  }
}

function repartitionsOf(graph: PhysicalGraph): readonly Repartition[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]))
  return graph.topics.flatMap(({ name: topic, owner: source, isMergeable }) => {
    const sink = isMergeable === true ? graph.nodes.find((node) => isSinkOf(node, topic)) : undefined
    const place = sink === undefined ? null : anchorOf(nodes, sink.parents[0]!)
    return place === null ? [] : [{ topic, source, ...place, sink: sink as Repartition['sink'] }]
  })
}

function isSinkOf({ operator }: PhysicalNode, topic: string): boolean {
  return operator.kind === 'sink' && operator.topic === topic
}

/** Up from the node that is written to a topic, to the one that changed the key; null where the value changes on the way. */
function anchorOf(
  nodes: ReadonlyMap<string, PhysicalNode>,
  from: string,
): Pick<Repartition, 'anchor' | 'below'> | null {
  let below: string | null = null
  for (let node = nodes.get(from)!; ; node = nodes.get(node.parents[0]!)!) {
    const isAnchor =
      changesKey(node) || (node.parents.length > 1 && node.parents.some((parent) => anchorOf(nodes, parent) !== null))
    if (isAnchor) return { anchor: node.name, below }
    if (node.parents.length !== 1 || !isTransparent(node)) return null
    below = node.name
  }
}

/** Not `process`: it may forward to one of its children by name, and the merged topic would be another child. */
function changesKey({ operator }: PhysicalNode): boolean {
  if (operator.kind === 'flat-map') return true
  return operator.kind === 'fused' && operator.steps.some(({ kind }) => kind === 'map' || kind === 'select-key')
}

/** Puts out records that it got, as they were. A `pass` with one parent is a branch. */
function isTransparent({ operator }: PhysicalNode): boolean {
  if (operator.kind === 'pass' || operator.kind === 'split') return true
  return operator.kind === 'fused' && operator.steps.every(({ kind }) => kind === 'filter' || kind === 'peek')
}

function merge(graph: PhysicalGraph, merged: readonly Repartition[]): void {
  const [first] = merged as [Repartition, ...Repartition[]]
  const gone = new Set(merged.slice(1).map(({ topic }) => topic))
  const sources = new Map(merged.map((each) => [each.source, each]))
  const moved = new Set(merged.flatMap(({ below }) => below ?? []))
  const rewired = graph.nodes.map((node) => ({
    ...node,
    parents: node.parents.map((parent) => {
      if (moved.has(node.name) && parent === first.anchor) return first.source
      const from = sources.get(parent)
      if (from === undefined) return parent
      return from.below === null ? first.source : from.sink.parents[0]!
    }),
  }))
  graph.replace(placed(rewired, merged))
  keepOnly(graph.sources, ({ topic }) => !gone.has(topic))
  keepOnly(graph.topics, ({ name }) => !gone.has(name))
  for (const [index, { topics, nodeName }] of graph.copartitionGroups.entries()) {
    const left = [...new Set(topics.map((topic) => (gone.has(topic) ? first.topic : topic)))]
    graph.copartitionGroups[index] = { topics: left, nodeName }
  }
  keepOnly(graph.copartitionGroups, ({ topics }) => topics.length > 1)
}

/** The topic of the first stands right behind the anchor: what was moved behind it was declared after the anchor. */
function placed(nodes: readonly PhysicalNode[], merged: readonly Repartition[]): readonly PhysicalNode[] {
  const [first] = merged as [Repartition, ...Repartition[]]
  const named = new Map(nodes.map((node) => [node.name, node]))
  const removed = new Set(merged.flatMap(({ sink, source }) => [sink.name, source]))
  const sink = { ...named.get(first.sink.name)!, parents: [first.anchor], operator: mergedSink(merged) }
  const source = named.get(first.source)!
  return nodes
    .filter(({ name }) => !removed.has(name))
    .flatMap((node) => (node.name === first.anchor ? [node, sink, source] : [node]))
}

/** Whatever was moved behind the topic may be there for records without a key too: they must get through. */
function mergedSink(merged: readonly Repartition[]): SinkSpec {
  const dropNullKeys = merged.every(({ below, sink }) => below === null && sink.operator.dropNullKeys)
  return { ...merged[0]!.sink.operator, dropNullKeys }
}

function keepOnly<T>(list: T[], isKept: (item: T) => boolean): void {
  list.splice(0, list.length, ...list.filter(isKept))
}
