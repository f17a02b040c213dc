import { unreachable } from '../core/assert.ts'
import type { TopologyNode } from '../topology/node.ts'
import type { Topology } from '../topology/topology.ts'
import { lowerOver, lowerStreamAggregate, lowerTableAggregate, lowerTableGroup } from './lower-aggregates.ts'
import { lowerMapAsync, lowerMapBatch } from './lower-async.ts'
import { lowerDedupe } from './lower-dedupe.ts'
import { lowerForeignKeyJoin } from './lower-foreign-key-join.ts'
import { lowerCogroup } from './lower-cogroup.ts'
import { lowerGlobalTable, lowerStreamGlobalJoin } from './lower-globals.ts'
import { lowerStreamJoin, lowerStreamTableJoin, lowerTableJoin } from './lower-joins.ts'
import { lowerProcess } from './lower-process.ts'
import { lowerSource, lowerStateless, lowerRepartition, lowerSink, lowerSplit } from './lower-streams.ts'
import {
  lowerSuppress,
  lowerTableFilter,
  lowerTableMapValues,
  lowerTableSource,
  lowerToStream,
  lowerToTable,
} from './lower-tables.ts'
import { Lowering } from './lowering.ts'
import type { PhysicalNode } from './physical-graph.ts'

/**
 * First pass: logical nodes to physical ones, in the order of their declaration, which is also the order in which a record
 * is forwarded to the children of a node (Kafka Streams: build priority). Inserts repartition topics and stores.
 */
export function lower(topology: Topology, applicationId: string): Lowering {
  const lowering = new Lowering(topology, applicationId)
  for (const node of topology.nodes) {
    const first = lowering.graph.nodes.length
    lowerNode(lowering, node)
    if (node.onError !== undefined) setErrorPolicy(lowering.graph.nodes, first, node)
  }
  return lowering
}

/** What became of a logical node runs its functions; a repartition topic in front of it does not. */
function setErrorPolicy(nodes: PhysicalNode[], first: number, { kind, onError }: TopologyNode): void {
  const writes = kind === 'sink' || kind === 'repartition'
  for (const [index, node] of nodes.entries()) {
    const runsFunctions = node.operator.kind === 'sink' ? writes : node.operator.kind !== 'pass'
    if (index >= first && runsFunctions) nodes[index] = { ...node, ...(onError !== undefined && { onError }) }
  }
}

function lowerNode(lowering: Lowering, node: TopologyNode): void {
  switch (node.kind) {
    case 'stream-source':
      return lowerSource(lowering, node)
    case 'table-source':
      return lowerTableSource(lowering, node)
    case 'filter':
    case 'map':
    case 'map-values':
    case 'flat-map':
    case 'flat-map-values':
    case 'select-key':
    case 'peek':
    case 'foreach':
    case 'merge':
    case 'branch':
      return lowerStateless(lowering, node)
    case 'map-async':
    case 'map-values-async':
      return lowerMapAsync(lowering, node)
    case 'map-batch':
      return lowerMapBatch(lowering, node)
    case 'process':
      return lowerProcess(lowering, node)
    case 'split':
      return lowerSplit(lowering, node)
    case 'repartition':
      return lowerRepartition(lowering, node)
    case 'sink':
      return lowerSink(lowering, node)
    case 'to-table':
      return lowerToTable(lowering, node)
    case 'to-stream':
      return lowerToStream(lowering, node)
    case 'table-filter':
      return lowerTableFilter(lowering, node)
    case 'table-map-values':
      return lowerTableMapValues(lowering, node)
    case 'suppress':
      return lowerSuppress(lowering, node)
    case 'stream-aggregate':
      return lowerStreamAggregate(lowering, node)
    case 'cogroup':
      return lowerCogroup(lowering, node)
    case 'table-group':
      return lowerTableGroup(lowering, node)
    case 'table-aggregate':
      return lowerTableAggregate(lowering, node)
    case 'over':
      return lowerOver(lowering, node)
    case 'dedupe':
      return lowerDedupe(lowering, node)
    case 'stream-join':
      return lowerStreamJoin(lowering, node)
    case 'stream-table-join':
      return lowerStreamTableJoin(lowering, node)
    case 'global-table-source':
      return lowerGlobalTable(lowering, node)
    case 'stream-global-join':
      return lowerStreamGlobalJoin(lowering, node)
    case 'table-join':
      return lowerTableJoin(lowering, node)
    case 'foreign-key-join':
      return lowerForeignKeyJoin(lowering, node)
    default:
      unreachable(node)
  }
}
