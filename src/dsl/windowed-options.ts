import type { AggregateOptions, CountOptions, ReduceOptions, WindowStoreOption } from './options.ts'

/** Names of a windowed count and of its store, and how long it keeps windows. */
export interface WindowedCountOptions extends CountOptions, WindowStoreOption {}
/** As for `reduce`, and how long windows are kept. */
export interface WindowedReduceOptions<V> extends ReduceOptions<V>, WindowStoreOption {}
/** As for `aggregate`, and how long windows are kept. */
export interface WindowedAggregateOptions<A> extends AggregateOptions<A>, WindowStoreOption {}
