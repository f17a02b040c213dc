import type { NodeId, TopologyNode } from './node.ts'
import type { VersionedSettings } from './table-settings.ts'

/** What a node says of itself; undefined where its store, if it has one, keeps the latest values only. */
export function versionedSettings(node: TopologyNode): VersionedSettings | undefined {
  return 'versioned' in node ? node.versioned : undefined
}

/**
 * The history of the table that a node puts out; null where it is not versioned. A filter or mapper without a store of its own has its
 * parent's, since it is computed from it; joins and everything else have none (KIP-914; Kafka Streams:
 * InternalStreamsBuilder.isVersionedOrVersionedUpstream).
 */
export function historyOf(id: NodeId, nodes: readonly TopologyNode[]): VersionedSettings | null {
  const node = nodes[id]!
  const own = versionedSettings(node)
  if (own !== undefined) return own
  const isComputed = (node.kind === 'table-filter' || node.kind === 'table-map-values') && node.store === null
  return isComputed ? historyOf(node.inputs[0]!, nodes) : null
}
