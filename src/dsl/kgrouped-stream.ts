import type { Duration } from '../core/duration.ts'
import type { Aggregator, Initializer, InvertibleAggregate, Predicate, Reducer } from '../topology/functions.ts'
import type { OverResult } from '../topology/over-result.ts'
import { CogroupedKStream } from './cogrouped-kstream.ts'
import { readDuration, readVersioned, type DslContext, type GroupedFrom } from './dsl-context.ts'
import type { KStream } from './kstream.ts'
import type { KTable } from './ktable.ts'
import type { AggregateOptions, CountOptions, NodeOptions, ReduceOptions } from './options.ts'
import { readWindows, type WindowsOption } from './read-windows.ts'
import { countAggregator, reduceAggregator } from './simple-aggregators.ts'
import { SessionWindowedKStream } from './session-windowed-kstream.ts'
import { TimeWindowedKStream } from './time-windowed-kstream.ts'
import type { SessionWindowsOption, SlidingWindowsOption, TimeWindowsOption } from './windows.ts'

/** Over which ranges `over` aggregates, and what. */
export interface OverOptions<K, V, Ranges extends Record<string, OverRangeOption>, R> extends NodeOptions {
  /** The ranges by name: how far each reaches back in event time, and by how much it ends before the record. */
  readonly ranges: Ranges
  readonly aggregate: InvertibleAggregate<V, any, R>
  /** How much older than the newest record a record may be, in event time, and still count. Default 0: what is late is dropped. */
  readonly grace?: Duration
  /** `right` (default): a range is `(t - delay - range, t - delay]`, as pandas' rolling. `both`: SQL's, left end included. */
  readonly closed?: 'right' | 'both'
  /** Which records count in the aggregates; the others get their result all the same. Default: all. */
  readonly where?: Predicate<K, V>
}

/** A duration, or a duration that ends `delay` before the record. */
export type OverRangeOption = Duration | { readonly range: Duration; readonly delay?: Duration }

/**
 * A stream grouped by key, to be aggregated (Kafka Streams: KGroupedStream). Records with a null key are dropped and counted.
 * Where the key had been changed, each aggregate reads through a repartition topic.
 */
export class KGroupedStream<K, V> {
  readonly #dsl: DslContext
  /** How it was grouped. */
  readonly from: GroupedFrom

  constructor(dsl: DslContext, from: GroupedFrom) {
    this.#dsl = dsl
    this.from = from
  }

  /** The number of records of each key. Null values are not counted. Each record updates its key's count; timestamp: the largest so far. */
  count(options: CountOptions = {}): KTable<K, number> {
    return this.#aggregate('count', () => 0, countAggregator, { ...options, value: null })
  }

  /** Combines the values of each key; the first is taken as it is. Null values are ignored; a null result deletes the key. */
  reduce(reducer: Reducer<NonNullable<V>>, options: ReduceOptions<V> = {}): KTable<K, NonNullable<V>> {
    return this.#aggregate('reduce', () => null, reduceAggregator(reducer), {
      ...options,
      value: options.value ?? null,
    })
  }

  /**
   * Folds the values of each key into an aggregate, in the order of arrival. Null values are ignored; a null result deletes
   * the key (a tombstone goes downstream) and the next record starts from `initializer` again. The result's timestamp
   * is the largest of the records in it. `aggregator` must return a new object, not change the old one.
   */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, NonNullable<V>, A>,
    options: AggregateOptions<A>,
  ): KTable<K, A> {
    return this.#aggregate('aggregate', initializer, aggregator, options)
  }

  /**
   * Begins an aggregate over several grouped streams, this one with `aggregator`; add the others with `cogroup`, then call
   * `aggregate`, or `windowedBy` first. In windows null values reach the aggregator (sliding ones excepted), as in `windowedBy`.
   */
  cogroup<A>(aggregator: Aggregator<K, V, A>): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.#dsl, [{ from: this.from, aggregator }])
  }

  /** Cuts the stream into windows; see `tumbling`, `hopping`, `sliding` and `session`. */
  windowedBy(windows: TimeWindowsOption | SlidingWindowsOption): TimeWindowedKStream<K, V>
  windowedBy(windows: SessionWindowsOption): SessionWindowedKStream<K, V>
  windowedBy(windows: WindowsOption): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    const read = readWindows(this.#dsl, windows)
    if (windows.kind === 'session') return new SessionWindowedKStream(this.#dsl, this.from, read)
    return new TimeWindowedKStream(this.#dsl, this.from, read)
  }

  /**
   * For each record, aggregates over trailing ranges of event time that end at the record: SQL's
   * `OVER (PARTITION BY key ORDER BY time RANGE BETWEEN interval PRECEDING AND CURRENT ROW)`. Keeps partitioning.
   *
   * The result for a record at time t covers the records of its key that have arrived, itself included, with time in
   * `(t - delay - range, t - delay]`; one result per record, with its key, timestamp and headers. An out-of-order record within
   * `grace` takes its place in time and gets its own result; results already emitted are not revised. A record older than
   * the newest one minus `grace` is dropped and counted (`late`), as are null keys and null values. Durations in event time.
   * State is forgotten when no result can need it, and survives a restart through its changelog. Kafka Streams has no such operator.
   * @example payments.groupByKey().over({ ranges: { hour: '1h', week: '7d' }, aggregate: countAndSum((p) => p.amount) })
   */
  over<Ranges extends Record<string, OverRangeOption>, R>(
    options: OverOptions<K, NonNullable<V>, Ranges, R>,
  ): KStream<K, OverResult<NonNullable<V>, Extract<keyof Ranges, string>, R>> {
    const what = options.name ?? 'over'
    const ranges = Object.entries(options.ranges).map(([name, option]) => {
      const { range, delay = 0 } = typeof option === 'object' ? option : { range: option }
      return Object.freeze({
        name,
        rangeMs: readDuration(this.#dsl, range, `range ${name} of ${what}`),
        delayMs: readDuration(this.#dsl, delay, `delay of range ${name} of ${what}`),
      })
    })
    return this.#dsl.stream({
      kind: 'over',
      ...this.#base(options),
      ranges: Object.freeze(ranges),
      aggregate: options.aggregate,
      graceMs: readDuration(this.#dsl, options.grace ?? 0, `grace of ${what}`),
      closed: options.closed ?? 'right',
      where: options.where ?? null,
    })
  }

  #aggregate<A>(
    operation: 'count' | 'reduce' | 'aggregate',
    initializer: Initializer,
    aggregator: Aggregator,
    options: Omit<AggregateOptions<any>, 'value'> & { readonly value: AggregateOptions<any>['value'] | null },
  ): KTable<K, A> {
    return this.#dsl.table({
      kind: 'stream-aggregate',
      ...this.#base(options),
      operation,
      initializer,
      aggregator,
      windows: null,
      emit: 'window-update',
      merger: null,
      retentionMs: null,
      value: options.value,
      store: options.store ?? null,
      ...readVersioned(this.#dsl, options),
    })
  }

  #base(options: NodeOptions): {
    name: string | null
    inputs: readonly number[]
    grouping: { name: string | null; key: GroupedFrom['key']; value: GroupedFrom['value'] }
  } {
    const { node, name, key, value } = this.from
    return { name: options.name ?? null, inputs: [node], grouping: Object.freeze({ name, key, value }) }
  }
}
