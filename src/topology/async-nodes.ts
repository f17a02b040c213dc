import type { RetryPolicy } from '../core/retry-policy.ts'
import type { Serde } from '../serde/serde.ts'
import type { AsyncKeyValueMapper, AsyncOrder, AsyncValueMapper, BatchMapper } from './async-functions.ts'
import type { NodeBase } from './node.ts'

/** How the calls of an asynchronous step are made. */
export interface AsyncSettings {
  /** Calls that are under way at a time, in each task. */
  readonly concurrency: number
  /** For each attempt; null: as long as it takes. */
  readonly timeoutMs: number | null
  readonly retries: RetryPolicy
}
export interface MapAsyncNode extends NodeBase, AsyncSettings {
  readonly kind: 'map-async'
  readonly mapper: AsyncKeyValueMapper
  readonly order: AsyncOrder
  readonly key: Serde<any> | null
  readonly value: Serde<any> | null
}
export interface MapValuesAsyncNode extends NodeBase, AsyncSettings {
  readonly kind: 'map-values-async'
  readonly mapper: AsyncValueMapper
  readonly order: AsyncOrder
  readonly value: Serde<any> | null
}
export interface MapBatchNode extends NodeBase, AsyncSettings {
  readonly kind: 'map-batch'
  readonly mapper: BatchMapper
  readonly maxRecords: number
  /** How long a batch may wait to become full; 0: until there is nothing else to do. */
  readonly maxWaitMs: number
  readonly value: Serde<any> | null
}
