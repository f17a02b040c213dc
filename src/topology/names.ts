import type { TopologyNode } from './node.ts'

/**
 * Names of nodes, and the base names of what they keep (stores, repartition topics).
 *
 * A base name says what the node does and what feeds it: `payments-count`. It is made of the sources, the
 * key-changing and the stateful steps on the way, never of a global counter as in Kafka Streams, and stateless steps that keep
 * the key are left out: so adding an operator elsewhere renames nothing (docs/adr/0003). Two nodes that would share a
 * base name are a mistake that the user resolves by naming one (`find-problems.ts`).
 */
export interface NodeNames {
  /** Unique; for plans, metrics and errors. */
  readonly nodeName: string
  /** For stores and internal topics; unique among the nodes that keep something, once `findProblems` found none. */
  readonly baseName: string
}

const transparent: ReadonlySet<TopologyNode['kind']> = new Set([
  'filter',
  'map-values',
  'map-values-async',
  'map-batch',
  'flat-map-values',
  'peek',
  'foreach',
  'table-filter',
  'table-map-values',
  'to-stream',
  'sink',
  'split',
  'table-group',
])

export function nameNodes(nodes: readonly TopologyNode[]): readonly NodeNames[] {
  const taken = new Set<string>(nodes.flatMap((node) => node.name ?? []))
  const baseNames: string[] = []
  return nodes.map((node) => {
    const baseName =
      node.name ??
      derivedName(
        node,
        node.inputs.map((input) => baseNames[input]!),
      )
    baseNames.push(baseName)
    const nodeName =
      node.name ??
      unique(`${node.inputs.length > 0 && transparent.has(node.kind) ? `${baseName}-${node.kind}` : baseName}`, taken)
    taken.add(nodeName)
    return { nodeName, baseName }
  })
}

function derivedName(node: TopologyNode, inputs: readonly string[]): string {
  const from = inputs.join('-')
  switch (node.kind) {
    case 'stream-source':
      return node.topics.join('-')
    case 'table-source':
    case 'global-table-source':
      return node.store ?? node.topic
    case 'branch':
      return `${from}-${node.branch}`
    case 'stream-aggregate':
    case 'table-aggregate':
      return node.store ?? `${from}-${node.operation}`
    case 'foreign-key-join':
      return node.store ?? `${from}-${node.type === 'inner' ? '' : 'left-'}foreign-key-join`
    case 'cogroup':
      return node.store ?? `${from}-cogroup`
    case 'stream-global-join':
    case 'stream-join':
    case 'stream-table-join':
    case 'table-join':
      return `${from}-${node.type === 'inner' ? 'join' : `${node.type}-join`}`
    default:
      return transparent.has(node.kind) ? from : `${from}-${node.kind}`
  }
}

function unique(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name
  let ordinal = 2
  while (taken.has(`${name}-${ordinal}`)) ordinal += 1
  return `${name}-${ordinal}`
}

/** The name of the store that a node keeps when it keeps one. */
export function storeName(node: TopologyNode, baseName: string): string {
  if ('store' in node && node.store !== null) return node.store
  if (node.kind === 'stream-table-join' && node.graceMs !== null) return `${baseName}-buffer`
  return node.kind === 'suppress' ? `${baseName}-store` : baseName
}
