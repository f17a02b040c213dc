import { unreachable } from '../core/assert.ts'
import type {
  BranchNode,
  FilterNode,
  FlatMapNode,
  FlatMapValuesNode,
  ForeachNode,
  MapNode,
  MapValuesNode,
  MergeNode,
  PeekNode,
  RepartitionNode,
  SelectKeyNode,
  SinkNode,
  SplitNode,
  StreamSourceNode,
} from '../topology/node.ts'
import type { Lowered, Lowering } from './lowering.ts'
import type { FusedStep, OperatorSpec } from './operator-spec.ts'

/** A topic that is read twice gets one source; both declarations hang below it (mergeDuplicateSourceNodes). */
export function lowerSource(lowering: Lowering, node: StreamSourceNode): void {
  const { graph } = lowering
  const name = lowering.name(node)
  const parents: string[] = []
  for (const topic of node.topics) {
    const known = graph.sources.find((source) => source.topic === topic)
    if (known !== undefined) {
      parents.push(known.nodeName)
      continue
    }
    const { key, value, timestamp, offsetReset } = node
    const nodeName = node.topics.length === 1 ? name : `${name}-${topic}`
    graph.sources.push({ topic, nodeName, key, value, timestamp, offsetReset, internal: false })
    if (nodeName === name) continue
    parents.push(graph.add(nodeName, { kind: 'pass' }, []))
  }
  graph.add(name, { kind: 'pass' }, parents)
  lowering.done(node, { node: name, topics: node.topics, rekeyed: false })
}

type StatelessNode =
  | FilterNode
  | MapNode
  | MapValuesNode
  | FlatMapNode
  | FlatMapValuesNode
  | SelectKeyNode
  | PeekNode
  | ForeachNode
  | MergeNode
  | BranchNode

const changesKey: ReadonlySet<StatelessNode['kind']> = new Set(['map', 'flat-map', 'select-key'])

export function lowerStateless(lowering: Lowering, node: StatelessNode): void {
  const inputs = node.inputs.map((input) => lowering.lowered(lowering.nodes[input]!))
  const name = lowering.graph.add(
    lowering.name(node),
    statelessSpec(node, lowering.name(node)),
    inputs.map((input) => input.node),
  )
  const topics = [...new Set(inputs.flatMap((input) => input.topics))]
  lowering.done(node, {
    node: name,
    topics,
    rekeyed: changesKey.has(node.kind) || inputs.some((input) => input.rekeyed),
  })
}

function statelessSpec(node: StatelessNode, name: string): OperatorSpec {
  switch (node.kind) {
    case 'filter':
      return fused({ kind: 'filter', name, predicate: node.predicate, negate: node.negate })
    case 'map':
      return fused({ kind: 'map', name, mapper: node.mapper })
    case 'map-values':
      return fused({ kind: 'map-values', name, mapper: node.mapper })
    case 'select-key':
      return fused({ kind: 'select-key', name, mapper: node.mapper })
    case 'peek':
      return fused({ kind: 'peek', name, action: node.action })
    case 'flat-map':
      return { kind: 'flat-map', mapper: node.mapper }
    case 'flat-map-values':
      return { kind: 'flat-map-values', mapper: node.mapper }
    case 'foreach':
      return { kind: 'foreach', action: node.action }
    case 'merge':
    case 'branch':
      return { kind: 'pass' }
    default:
      return unreachable(node)
  }
}

function fused(step: FusedStep): OperatorSpec {
  return { kind: 'fused', steps: [step] }
}

export function lowerSplit(lowering: Lowering, node: SplitNode): void {
  const input = lowering.lowered(lowering.input(node))
  const spec: OperatorSpec = { kind: 'split', predicates: node.branches.map((branch) => branch.predicate) }
  lowering.done(node, { ...input, node: lowering.graph.add(lowering.name(node), spec, [input.node]) })
}

export function lowerRepartition(lowering: Lowering, node: RepartitionNode): void {
  const { partitions, partitioner } = node
  const serdes = lowering.serdes(node)
  const name = lowering.baseName(node)
  const lowered: Lowered = lowering.repartition(lowering.lowered(lowering.input(node)), {
    name,
    ...serdes,
    partitions,
    partitioner,
    isExplicit: true,
    readers: [node],
  })
  lowering.done(node, lowered)
}

export function lowerSink(lowering: Lowering, node: SinkNode): void {
  const { topic, key, value, partitioner } = node
  const input = lowering.lowered(lowering.input(node))
  lowering.graph.add(lowering.name(node), { kind: 'sink', topic, key, value, partitioner, dropNullKeys: false }, [
    input.node,
  ])
}
