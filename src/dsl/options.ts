import type { Duration } from '../core/duration.ts'
import type { Serde } from '../serde/serde.ts'
import type { Partitioner, TimestampExtractor } from '../topology/functions.ts'

export interface NodeOptions {
  /** Name of the node in plans, metrics and errors; default: from what it does and what feeds it. */
  readonly name?: string
}

export interface SourceOptions<K, V> extends NodeOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Event time of a record; default: the record's own timestamp. A negative time goes to the decode handler. */
  readonly timestamp?: TimestampExtractor<K, V>
  /** Where to start without a committed offset; default: the app's `offsetReset`. */
  readonly offsetReset?: 'earliest' | 'latest' | 'none'
}

export interface StoreOption {
  /** Name of the store (Kafka Streams: `Materialized.as`): it is kept, has a changelog `<app>-<store>-changelog`, and can be read. */
  readonly store?: string
}

export interface TableSourceOptions<K, V> extends SourceOptions<K, V>, StoreOption {
  /** As for a stream; deletions (null values) have an event time too. */
  readonly timestamp?: TimestampExtractor<K, V | null>
}

export interface KeySerdeOption<K> {
  /** Serde of the key from here on; needed where the type changes and something downstream writes it to a topic. */
  readonly key?: Serde<NonNullable<K>>
}

export interface ValueSerdeOption<V> {
  /** Serde of the value from here on; needed where the type changes and something downstream writes it to a topic. */
  readonly value?: Serde<NonNullable<V>>
}

export interface KeyValueSerdeOptions<K, V> extends NodeOptions, KeySerdeOption<K>, ValueSerdeOption<V> {}

export interface RepartitionOptions<K, V> extends KeyValueSerdeOptions<K, V> {
  /** Partition count of the topic; default: that of what feeds it. */
  readonly partitions?: number
  readonly partitioner?: Partitioner<K, V>
}

export interface ToTableOptions<K, V> extends KeyValueSerdeOptions<K, V>, StoreOption {}

export interface GroupByKeyOptions<K, V> extends KeySerdeOption<K>, ValueSerdeOption<V> {
  /** Name of the repartition topic, should one be needed: `<app>-<name>-repartition`. Default: the name of the store. */
  readonly name?: string
}

export interface GroupByOptions<K, V> extends GroupByKeyOptions<K, V> {
  readonly key: Serde<NonNullable<K>>
}

export interface TableGroupByOptions<K, V> extends NodeOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

export interface CountOptions extends NodeOptions, StoreOption {}

export interface ReduceOptions<V> extends NodeOptions, StoreOption, ValueSerdeOption<V> {}

export interface AggregateOptions<A> extends NodeOptions, StoreOption {
  /** Serde of the aggregate, for its changelog. */
  readonly value: Serde<A>
}

export interface WindowStoreOption {
  /** How long windows can be read and updated after stream time has passed them; at least, and by default, size + grace. */
  readonly retention?: Duration
}

export interface TableOptions<V> extends NodeOptions, StoreOption, ValueSerdeOption<V> {}

export interface SinkOptions<K, V> extends NodeOptions {
  readonly key: Serde<NonNullable<K>>
  readonly value: Serde<NonNullable<V>>
  /** Default: Kafka's own (murmur2 of the key). */
  readonly partitioner?: Partitioner<K, V>
}

export interface StreamJoinOptions<K, V, VR> extends NodeOptions {
  /**
   * How far apart in event time two records may be to match, both bounds inclusive. One duration for both directions, or
   * `before` and `after`: a right record matches in `[left - before, left + after]`. They may be negative as long as
   * `before + after >= 0`.
   */
  readonly within: Duration | { readonly before: Duration; readonly after: Duration }
  /** How long after a window's end late records still join, in event time. There is no default: say 0 if you mean none. */
  readonly grace: Duration
  readonly key?: Serde<NonNullable<K>>
  /** Serde of the left side's values, for its store. Default: the left stream's. */
  readonly leftValue?: Serde<NonNullable<V>>
  readonly rightValue?: Serde<NonNullable<VR>>
}

export interface StreamTableJoinOptions<K, V> extends NodeOptions, KeySerdeOption<K> {
  /** Serde of the stream's values, should it have to be repartitioned. Default: the stream's. */
  readonly leftValue?: Serde<NonNullable<V>>
}

/** Hold results back until their window is closed for good: one final result per window. */
export interface UntilWindowCloses extends NodeOptions {
  readonly until: 'window-close'
  /** Stop the app (`MILLRACE_BUFFER_FULL`) rather than hold more; default: unbounded. A final result is never emitted early. */
  readonly maxRecords?: number
  readonly maxBytes?: number
}

/** Hold back each key's updates for a time; only the latest is passed on. */
export interface UntilTimeLimit extends NodeOptions {
  readonly until: 'time-limit'
  /** In event time, from the first update of a key that is held. */
  readonly duration: Duration
  readonly maxRecords?: number
  readonly maxBytes?: number
  /** `emit` (default): pass on the oldest when the buffer is full. `fail`: stop the app. */
  readonly onFull?: 'emit' | 'fail'
}
