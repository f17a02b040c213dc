import type { AsyncSettings, MapAsyncNode, MapBatchNode, MapValuesAsyncNode } from '../topology/async-nodes.ts'
import type { Lowering } from './lowering.ts'
import type { OperatorSpec } from './operator-spec.ts'

export function lowerMapAsync(lowering: Lowering, node: MapAsyncNode | MapValuesAsyncNode): void {
  const { order } = node
  const call =
    node.kind === 'map-async'
      ? { valuesOnly: false as const, mapper: node.mapper }
      : { valuesOnly: true as const, mapper: node.mapper }
  append(lowering, node, { kind: 'map-async', order, ...call, ...settings(node) })
}

export function lowerMapBatch(lowering: Lowering, node: MapBatchNode): void {
  const { mapper, maxRecords, maxWaitMs } = node
  append(lowering, node, { kind: 'map-batch', mapper, maxRecords, maxWaitMs, ...settings(node) })
}

function settings({ concurrency, timeoutMs, retries }: AsyncSettings): AsyncSettings {
  return { concurrency, timeoutMs, retries }
}

function append(lowering: Lowering, node: MapAsyncNode | MapValuesAsyncNode | MapBatchNode, spec: OperatorSpec): void {
  const input = lowering.lowered(lowering.input(node))
  const name = lowering.graph.add(lowering.name(node), spec, [input.node])
  lowering.done(node, { ...input, node: name, rekeyed: input.rekeyed || node.kind === 'map-async' })
}
