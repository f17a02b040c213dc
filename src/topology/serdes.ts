import type { Serde } from '../serde/serde.ts'
import { safeInt64 } from '../serde/integers.ts'
import { sessionWindowed, timeWindowed } from '../serde/windowed-serdes.ts'
import type { CogroupNode, StreamAggregateNode, TableAggregateNode } from './aggregate-nodes.ts'
import type { TopologyNode } from './node.ts'

/** The serdes of what comes out of a node; null where the type changed and the user named none. */
export interface NodeSerdes {
  readonly key: Serde<any> | null
  readonly value: Serde<any> | null
}

/** Serdes follow the records as long as their type stays the same (Kafka Streams' inheritance rules). */
export function resolveSerdes(nodes: readonly TopologyNode[]): readonly NodeSerdes[] {
  const resolved: NodeSerdes[] = []
  for (const node of nodes)
    resolved.push(
      serdesOf(
        node,
        node.inputs.map((input) => resolved[input]!),
      ),
    )
  return resolved
}

function serdesOf(node: TopologyNode, inputs: readonly NodeSerdes[]): NodeSerdes {
  const from = inputs[0] ?? { key: null, value: null }
  switch (node.kind) {
    case 'stream-source':
    case 'table-source':
    case 'global-table-source':
    case 'sink':
      return { key: node.key, value: node.value }
    case 'map':
    case 'map-async':
    case 'flat-map':
      return { key: node.key, value: node.value }
    case 'map-values':
    case 'map-values-async':
    case 'map-batch':
    case 'flat-map-values':
    case 'table-map-values':
      return { key: from.key, value: node.value }
    case 'select-key':
      return { key: node.key, value: from.value }
    case 'repartition':
    case 'to-table':
    case 'dedupe':
      return { key: node.key ?? from.key, value: node.value ?? from.value }
    case 'merge':
      return { key: common(inputs.map((input) => input.key)), value: common(inputs.map((input) => input.value)) }
    case 'stream-aggregate':
      return { key: windowedKey(node, node.grouping.key ?? from.key), value: aggregateValue(node, from) }
    case 'cogroup':
      return { key: windowedKey(node, firstKey(node, inputs)), value: node.value }
    case 'table-group':
      return { key: null, value: null }
    case 'table-aggregate':
      return { key: node.grouping.key, value: aggregateValue(node, from) }
    case 'over':
      return { key: node.grouping.key ?? from.key, value: null }
    case 'process':
      return { key: node.valuesOnly ? from.key : node.key, value: node.value }
    case 'stream-join':
      return { key: node.key ?? from.key ?? inputs[1]!.key, value: null }
    case 'stream-table-join':
      return { key: node.key ?? from.key, value: null }
    case 'table-join':
      return { key: from.key ?? inputs[1]!.key, value: node.value }
    case 'stream-global-join':
      return { key: from.key, value: null }
    case 'foreign-key-join':
      return { key: from.key, value: node.value }
    default:
      return from
  }
}

/** Of several inputs a serde is kept only if all agree. */
function common(serdes: readonly (Serde<any> | null)[]): Serde<any> | null {
  const first = serdes[0] ?? null
  return serdes.every((serde) => serde !== null && serde.name === first?.name) ? first : null
}

function firstKey({ groups }: CogroupNode, inputs: readonly NodeSerdes[]): Serde<any> | null {
  return groups.map(({ key }, index) => key ?? inputs[index]!.key).find((key) => key !== null) ?? null
}

function windowedKey(node: StreamAggregateNode | CogroupNode, key: Serde<any> | null): Serde<any> | null {
  if (key === null || node.windows === null) return key
  switch (node.windows.kind) {
    case 'time':
      return timeWindowed(key, node.windows.sizeMs)
    case 'sliding':
      return timeWindowed(key, node.windows.differenceMs)
    case 'session':
      return sessionWindowed(key)
  }
}

function aggregateValue(node: StreamAggregateNode | TableAggregateNode, from: NodeSerdes): Serde<any> | null {
  if (node.operation === 'count') return safeInt64()
  if (node.operation === 'reduce') return node.value ?? node.grouping.value ?? from.value
  return node.value
}
