import type { Duration } from '../core/duration.ts'
import type { RetryOptions } from '../core/retry-policy.ts'
import type { Serde } from '../serde/serde.ts'
import type { AsyncOrder } from '../topology/async-functions.ts'
import type { ErrorAction } from '../topology/error-policy.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type { Partitioner, TimestampExtractor, ValueMapper } from '../topology/functions.ts'
import type { ErrorOption } from './error-option.ts'

/** What every step takes: a name, should the derived one not do. */
export interface NodeOptions {
  /** Name of the node in plans, metrics and errors; default: from what it does and what feeds it. */
  readonly name?: string
}

/** For steps that run functions of yours. */
export interface FunctionOptions extends NodeOptions, ErrorOption {}

/** How a topic is read: serdes, event time, and where to begin. */
export interface SourceOptions<K, V> extends NodeOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
  /** Event time of a record; default: the record's own timestamp. A negative time goes to the decode handler. */
  readonly timestamp?: TimestampExtractor<K, V>
  /** Where to start without a committed offset; default: the app's `offsetReset`. */
  readonly offsetReset?: 'earliest' | 'latest' | 'none'
}

/** For steps that may keep a table: the name under which they do. */
export interface StoreOption {
  /** Name of the store (Kafka Streams: `Materialized.as`): it is kept, has a changelog `<app>-<store>-changelog`, and can be read. */
  readonly store?: string
}

/** For tables whose history matters. */
export interface VersionedOption {
  /**
   * Keep the versions that a key had (KIP-889): joins with streams then read the table as it was at the record's time, and
   * updates that arrive out of order go into the history instead of over the newer value. What is later than
   * `historyRetention` is dropped and counted (`expired`); a value that was replaced can be read that long, in event time. The table is
   * kept in a store, also without `store`. Filters and mappers of it without a `store` of their own are versioned with it.
   */
  readonly versioned?: { readonly historyRetention: Duration }
}

/** For tables that are to forget. */
export interface TtlOption {
  /**
   * How long an entry lives after its timestamp, in event time: once the task's stream time minus `ttl` has passed it, it is deleted,
   * from the store and its changelog and, as a tombstone with the stream time of that moment, downstream. Each update begins a new life.
   * An update that is older than that already is dropped and counted (`expired`). The table is kept in a store, also without `store`.
   * Not together with `versioned`. Default: entries stay until they are deleted.
   */
  readonly ttl?: Duration
}

/** How a topic is read as a table: its latest value for each key; a null value deletes. */
export interface TableSourceOptions<K, V> extends SourceOptions<K, V>, StoreOption, VersionedOption, TtlOption {
  /** As for a stream; deletions (null values) have an event time too. */
  readonly timestamp?: TimestampExtractor<K, V | null>
}

/** How a topic is read as a global table: all of it, in every instance. */
export interface GlobalTableOptions<K, V> extends NodeOptions, StoreOption {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** For steps after which keys may be of another type. */
export interface KeySerdeOption<K> {
  /** Serde of the key from here on; needed where the type changes and something downstream writes it to a topic. */
  readonly key?: Serde<NonNullable<K>>
}

/** For steps after which values may be of another type. */
export interface ValueSerdeOption<V> {
  /** Serde of the value from here on; needed where the type changes and something downstream writes it to a topic. */
  readonly value?: Serde<NonNullable<V>>
}

/** For steps after which both keys and values may be of another type. */
export interface KeyValueSerdeOptions<K, V> extends NodeOptions, KeySerdeOption<K>, ValueSerdeOption<V> {}

/** How `repartition` lays out its topic. */
export interface RepartitionOptions<K, V> extends KeyValueSerdeOptions<K, V>, ErrorOption {
  /** Partition count of the topic; default: that of what feeds it. */
  readonly partitions?: number
  readonly partitioner?: Partitioner<K, V>
}

/** How the calls of an asynchronous step are made. */
export interface AsyncCallOptions {
  /** Longest time for one attempt, by the wall clock; then it fails and its `signal` is aborted. Default: as long as it takes. */
  readonly timeout?: Duration
  /** How often a call that fails is made, and how long to wait in between. Default: once. */
  readonly retries?: RetryOptions
  /**
   * What to do with a record whose last attempt failed; default: the app's `errors.process` decides. A key cannot be parked here, for
   * records of the key may be under way already.
   */
  readonly onError?: Exclude<ErrorAction, 'park'>
}

/** For `mapAsync` and `mapValuesAsync`. */
export interface MapAsyncOptions extends NodeOptions, AsyncCallOptions {
  /** Calls that are under way at a time in each task, those that wait for a retry included; default 16. */
  readonly concurrency?: number
  /** In which order calls are made and results come out; default `key`. */
  readonly order?: AsyncOrder
}

/** How `mapBatch` makes its batches, and the calls with them. */
export interface MapBatchOptions<R> extends NodeOptions, AsyncCallOptions, ValueSerdeOption<R> {
  /** Most records in a batch. */
  readonly maxRecords: number
  /**
   * How long, by the wall clock, a batch may wait to become full, from its first record on. Default 0: it goes when the task has
   * no other record at hand.
   */
  readonly maxWait?: Duration
  /** Batches that are under way at a time in each task; default 1. Results come out in the order of the records all the same. */
  readonly concurrency?: number
}

/** What JSON writes alike for equal ids. */
export type DedupeId = string | number | boolean | readonly DedupeId[]

/** What a repeat is. The serdes of key and value are for the repartition topic and the store; default: the stream's. */
export interface DedupeOptions<K, V, I> extends KeyValueSerdeOptions<K, V>, ErrorOption {
  /** What repeats have in common, besides the key; null or undefined: nothing, the record passes. */
  readonly id: ValueMapper<K, V, I | null | undefined>
  /** How far apart in event time, in either direction, an equal id is a repeat; inclusive. */
  readonly within: Duration
  /** A record too late to be judged passes (default) or is dropped; see `dedupe`. */
  readonly late?: 'pass' | 'drop'
  /** Default: JSON, for texts, numbers, booleans and lists of them; other ids need a serde. */
  readonly idSerde?: Serde<I>
}

/** How `toTable` keeps what it makes of a stream. */
export interface ToTableOptions<K, V> extends KeyValueSerdeOptions<K, V>, StoreOption, VersionedOption, TtlOption {}

/** Serdes of a grouped stream, and the name of its repartition topic. */
export interface GroupByKeyOptions<K, V> extends KeySerdeOption<K>, ValueSerdeOption<V> {
  /** Name of the repartition topic, should one be needed: `<app>-<name>-repartition`. Default: the name of the store. */
  readonly name?: string
}

/** As for `groupByKey`; the new key always travels through a repartition topic, so its serde must be given. */
export interface GroupByOptions<K, V> extends GroupByKeyOptions<K, V>, ErrorOption {
  readonly key: Serde<NonNullable<K>>
}

/** Serdes of the new key and value, which travel through a repartition topic. */
export interface TableGroupByOptions<K, V> extends FunctionOptions {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** Names of a counting step and of its store. Counts are numbers, written as 64-bit integers. */
export interface CountOptions extends NodeOptions, StoreOption, VersionedOption, TtlOption {}

/** Names of a reducing step and of its store, and the serde of its changelog; default: that of the values. */
export interface ReduceOptions<V>
  extends FunctionOptions, StoreOption, VersionedOption, TtlOption, ValueSerdeOption<V> {}

/** Names of an aggregating step and of its store, and the serde of its changelog. */
export interface AggregateOptions<A> extends FunctionOptions, StoreOption, VersionedOption, TtlOption {
  /** Serde of the aggregate, for its changelog. */
  readonly value: Serde<A>
}

/** How long the store of a windowed aggregate keeps what it holds. */
export interface WindowStoreOption {
  /** How long windows can be read and updated after stream time has passed them; at least, and by default, size + grace. */
  readonly retention?: Duration
}

/** For steps from table to table: with a `store` the result is kept, without it is computed when asked for. */
export interface TableOptions<V>
  extends FunctionOptions, StoreOption, VersionedOption, TtlOption, ValueSerdeOption<V> {}

/** For filters of tables: with a `store` the result is kept. */
export interface TableFilterOptions extends FunctionOptions, StoreOption, VersionedOption, TtlOption {}

/** Store and serdes of a foreign-key join. */
export interface ForeignKeyJoinOptions<V, VR, R> extends TableOptions<R> {
  /** Serde of the left table's values, which are hashed. Default: the left table's. */
  readonly leftValue?: Serde<NonNullable<V>>
  /** Serde of the right table's values, which are sent to the left side. Default: the right table's. */
  readonly rightValue?: Serde<NonNullable<VR>>
}

/** What a processor needs of its topology. */
export interface ProcessOptions {
  /** The stores that the processor may reach; processors with the same declaration share the store. */
  readonly stores?: readonly StoreDeclaration[]
}

/** How records are written: serdes, and the choice of the partition. */
export interface SinkOptions<K, V> extends FunctionOptions {
  readonly key: Serde<NonNullable<K>>
  readonly value: Serde<NonNullable<V>>
  /** Default: Kafka's own (murmur2 of the key). */
  readonly partitioner?: Partitioner<K, V>
}

/** Which records of two streams meet. Both sides are kept for the span and the grace, with changelogs. */
export interface StreamJoinOptions<K, V, VR> extends FunctionOptions {
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

/** Serdes, should the stream have to be repartitioned before it meets the table. */
export interface StreamTableJoinOptions<K, V> extends FunctionOptions, KeySerdeOption<K> {
  /** Serde of the stream's values, should it have to be repartitioned or wait. Default: the stream's. */
  readonly leftValue?: Serde<NonNullable<V>>
  /**
   * With a versioned table (KIP-923): how long, in event time of the stream, a record waits for late updates of the table. Records
   * then come out in the order of their timestamps; one that is later than that is joined at once. At most the table's
   * history retention. Default: no record waits.
   */
  readonly grace?: Duration
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
