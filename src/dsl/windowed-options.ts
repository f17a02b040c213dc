import type { AggregateOptions, CountOptions, ReduceOptions, WindowStoreOption } from './options.ts'

/** Windows are versions of a kind already, and have a retention. */
type Unversioned<O> = Omit<O, 'versioned' | 'ttl'>

/** Names of a windowed count and of its store, and how long it keeps windows. */
export interface WindowedCountOptions extends Unversioned<CountOptions>, WindowStoreOption {}
/** As for `reduce`, and how long windows are kept. */
export interface WindowedReduceOptions<V> extends Unversioned<ReduceOptions<V>>, WindowStoreOption {}
/** As for `aggregate`, and how long windows are kept. */
export interface WindowedAggregateOptions<A> extends Unversioned<AggregateOptions<A>>, WindowStoreOption {}
