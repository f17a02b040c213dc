import type { AsyncKeyValueMapper, AsyncOrder, AsyncValueMapper } from '../topology/async-functions.ts'
import type { AsyncSettings, MapBatchNode } from '../topology/async-nodes.ts'

/** One call for each record; with `valuesOnly` the mapper gives values, otherwise keys and values. */
export type MapAsyncSpec = AsyncSettings & { readonly kind: 'map-async'; readonly order: AsyncOrder } & (
    | { readonly valuesOnly: false; readonly mapper: AsyncKeyValueMapper }
    | { readonly valuesOnly: true; readonly mapper: AsyncValueMapper }
  )
/** One call for each batch. */
export type MapBatchSpec = AsyncSettings & Pick<MapBatchNode, 'kind' | 'mapper' | 'maxRecords' | 'maxWaitMs'>
