import { noRetries, retryPolicy } from '../core/retry-policy.ts'
import type { AsyncKeyValueMapper, AsyncOrder, AsyncValueMapper, BatchMapper } from '../topology/async-functions.ts'
import type { AsyncSettings } from '../topology/async-nodes.ts'
import type { NodeBase, NodeId } from '../topology/node.ts'
import { readDuration, type DslContext } from './dsl-context.ts'
import { readOnError } from './error-option.ts'
import type { KStream } from './kstream.ts'
import type {
  AsyncCallOptions,
  KeyValueSerdeOptions,
  MapAsyncOptions,
  MapBatchOptions,
  ValueSerdeOption,
} from './options.ts'

const defaultConcurrency = 16

export function appendMapAsync<K2, V2>(
  dsl: DslContext,
  input: NodeId,
  mapper: AsyncKeyValueMapper,
  options: MapAsyncOptions & KeyValueSerdeOptions<K2, V2>,
): KStream<K2, V2> {
  const { key = null, value = null } = options
  return dsl.stream({ kind: 'map-async', mapper, key, value, inputs: [input], ...readMapAsync(dsl, options) })
}

export function appendMapValuesAsync<K, R>(
  dsl: DslContext,
  input: NodeId,
  mapper: AsyncValueMapper,
  options: MapAsyncOptions & ValueSerdeOption<R>,
): KStream<K, R> {
  const { value = null } = options
  return dsl.stream({ kind: 'map-values-async', mapper, value, inputs: [input], ...readMapAsync(dsl, options) })
}

export function appendMapBatch<K, R>(
  dsl: DslContext,
  input: NodeId,
  mapper: BatchMapper,
  options: MapBatchOptions<R>,
): KStream<K, R> {
  const { name = null, maxRecords, maxWait = 0, concurrency = 1, value = null } = options
  const what = name ?? 'a mapBatch'
  const maxWaitMs = readDuration(dsl, maxWait, `maxWait of ${what}`)
  const calls = { concurrency, ...readCalls(dsl, options, what) }
  return dsl.stream({ kind: 'map-batch', mapper, maxRecords, maxWaitMs, value, name, inputs: [input], ...calls })
}

function readMapAsync(
  dsl: DslContext,
  options: MapAsyncOptions,
): AsyncSettings & Pick<NodeBase, 'name' | 'onError'> & { readonly order: AsyncOrder } {
  const { name = null, concurrency = defaultConcurrency, order = 'key' } = options
  return { name, order, concurrency, ...readCalls(dsl, options, name ?? 'a mapAsync') }
}

function readCalls(
  dsl: DslContext,
  { timeout, retries, onError }: AsyncCallOptions,
  what: string,
): Pick<AsyncSettings & NodeBase, 'timeoutMs' | 'retries' | 'onError'> {
  const read = (duration: Parameters<typeof readDuration>[1], of: string): number => readDuration(dsl, duration, of)
  return {
    timeoutMs: timeout === undefined ? null : read(timeout, `timeout of ${what}`),
    retries: retries === undefined ? noRetries : retryPolicy(retries, what, read),
    ...readOnError(dsl, { ...(onError !== undefined && { onError }) }),
  }
}
