import type { TopologyNode } from '../topology/node.ts'
import { versionedSettings } from '../topology/versioned.ts'
import type { Lowering } from './lowering.ts'
import type { ViewSpec } from './view-spec.ts'

/** How to look up a table's current value, and the stores that this reads (Kafka Streams: KTableValueGetterSupplier). */
export interface TableViewPlan {
  readonly view: ViewSpec
  readonly stores: readonly string[]
}

export function viewOf(lowering: Lowering, node: TopologyNode): TableViewPlan {
  if ((node.kind === 'stream-aggregate' || node.kind === 'cogroup') && node.windows !== null) {
    const store = lowering.tableStoreName(node)
    return {
      view: { kind: node.windows.kind === 'session' ? 'session-store' : 'window-store', store },
      stores: [store],
    }
  }
  if (lowering.table(node).materialized) {
    const store = lowering.tableStoreName(node)
    const kind = versionedSettings(node) === undefined ? 'store' : 'versioned-store'
    return { view: { kind, store }, stores: [store] }
  }
  const parents = node.inputs.map((input) => viewOf(lowering, lowering.nodes[input]!))
  return {
    view: computed(
      lowering,
      node,
      parents.map(({ view }) => view),
    ),
    stores: storesOf(lowering, node, parents),
  }
}

function computed(lowering: Lowering, node: TopologyNode, parents: readonly ViewSpec[]): ViewSpec {
  const parent = parents[0]!
  switch (node.kind) {
    case 'table-filter':
      return { kind: 'filter', parent, predicate: node.predicate, negate: node.negate }
    case 'table-map-values':
      return { kind: 'map-values', parent, mapper: node.mapper }
    case 'table-join':
      return { kind: 'join', type: node.type, left: parent, right: parents[1]!, joiner: node.joiner }
    case 'suppress':
      return { kind: 'suppress', parent, store: lowering.tableStoreName(node) }
    default:
      throw new TypeError(`a ${node.kind} has no value to look up`)
  }
}

function storesOf(lowering: Lowering, node: TopologyNode, parents: readonly TableViewPlan[]): readonly string[] {
  const own = node.kind === 'suppress' ? [lowering.tableStoreName(node)] : []
  return [...own, ...parents.flatMap(({ stores }) => stores)]
}
