import type { AggregateOptions, CountOptions, ReduceOptions, WindowStoreOption } from './options.ts'

export interface WindowedCountOptions extends CountOptions, WindowStoreOption {}
export interface WindowedReduceOptions<V> extends ReduceOptions<V>, WindowStoreOption {}
export interface WindowedAggregateOptions<A> extends AggregateOptions<A>, WindowStoreOption {}
