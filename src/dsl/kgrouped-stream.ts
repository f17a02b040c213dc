import type { Duration } from '../core/duration.ts'
import type { Aggregator, Initializer, InvertibleAggregate, Predicate, Reducer } from '../topology/functions.ts'
import type { OverResult } from '../topology/over-result.ts'
import { CogroupedKStream } from './cogrouped-kstream.ts'
import { readDuration, readTableOptions, type DslContext, type GroupedFrom } from './dsl-context.ts'
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
 * A stream grouped by key, to be aggregated (Kafka Streams: KGroupedStream). Aggregates are tables; their stores have changelogs.
 * @key The key is the group's. Where the key had been changed, each aggregate reads through a repartition topic.
 * @nulls Null keys and null values are dropped and counted.
 * @time Records count in the order of arrival, late ones too. A result has the largest timestamp of the records in it.
 * @throws What a function throws goes to the `process` handler.
 */
export class KGroupedStream<K, V> {
  readonly #dsl: DslContext
  /** How it was grouped. */
  readonly from: GroupedFrom

  constructor(dsl: DslContext, from: GroupedFrom) {
    this.#dsl = dsl
    this.from = from
  }

  /**
   * The number of records of each key. Each record updates its key's count.
   * @example const counts = words.groupByKey().count({ store: 'counts' })
   * // words <- ['ann', 'a', '9s'], ['ann', 'b', '1s'], ['ann', null], ['bob', 'c']
   * // counts -> ['ann', 1, '9s'], ['ann', 2, '9s'], ['bob', 1]
   */
  count(options: CountOptions = {}): KTable<K, number> {
    return this.#aggregate('count', () => 0, countAggregator, { ...options, value: null })
  }

  /**
   * Combines the values of each key; the first is taken as it is.
   * @nulls Null keys and null values are dropped and counted; a null result deletes the key (a tombstone goes downstream).
   * @example const largest = amounts.groupByKey().reduce((a, b) => Math.max(a, b))
   * // amounts <- ['ann', 5], ['ann', 3, '1s'], ['ann', 7, '2s']; largest -> ['ann', 5], ['ann', 5, '1s'], ['ann', 7, '2s']
   */
  reduce(reducer: Reducer<NonNullable<V>>, options: ReduceOptions<V> = {}): KTable<K, NonNullable<V>> {
    return this.#aggregate('reduce', () => null, reduceAggregator(reducer), {
      ...options,
      value: options.value ?? null,
    })
  }

  /**
   * Folds the values of each key into an aggregate. `aggregator` must return a new object, not change the old one.
   * @nulls Null keys and null values are dropped and counted; a null result deletes the key (a tombstone goes downstream) and
   * the next record starts from `initializer` again.
   * @time Records count in the order of arrival, late ones too. A result has the largest timestamp since the aggregate began.
   * @example const totals = amounts.groupByKey().aggregate(() => 0, (sum, amount) => sum + amount, { value: json() })
   * // amounts <- ['ann', 5, '9s'], ['ann', 2, '1s']; totals -> ['ann', 5, '9s'], ['ann', 7, '9s']
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
   * `aggregate`, or `windowedBy` first.
   * @nulls As in `aggregate`; in windows null values reach the aggregator (sliding ones excepted), as after `windowedBy`.
   * @example const balance = amounts.groupByKey().cogroup((sum: number, paid) => sum + paid)
   *   .cogroup(refunds.groupByKey(), (sum, back) => sum - back).aggregate(() => 0, { value: json() })
   * // amounts <- ['ann', 50]; refunds <- ['ann', 20, '1s']; balance -> ['ann', 50], ['ann', 30, '1s']
   */
  cogroup<A>(aggregator: Aggregator<K, V, A>): CogroupedKStream<K, A> {
    return new CogroupedKStream<K, A>(this.#dsl, [{ from: this.from, aggregator }])
  }

  /**
   * Cuts the stream into windows; see `tumbling`, `hopping`, `sliding` and `session`.
   * @key The key of a result is windowed: the group's key and the window. Partitioning stays by the group's key.
   * @nulls Null keys are dropped and counted. Null values reach the functions and are counted, except in sliding windows,
   * which drop them (as in Kafka Streams, ADR 0004).
   * @time What is later than the windows' `grace` is dropped and counted, by the stream time of the aggregate that follows.
   * @example const perMinute = words.groupByKey().windowedBy(tumbling({ size: '1m', grace: '10s' })).count()
   * // words <- ['ann', 'a', '59s'], ['bob', 'b', '69s'], ['ann', 'c', '50s'], ['bob', 'd', '70s'], ['ann', 'late', '51s']
   * // perMinute -> ['ann@0..60000', 1, '59s'], ['bob@60000..120000', 1, '69s']
   * // perMinute -> ['ann@0..60000', 2, '59s'], ['bob@60000..120000', 2, '70s']
   */
  windowedBy(windows: TimeWindowsOption | SlidingWindowsOption): TimeWindowedKStream<K, V>
  windowedBy(windows: SessionWindowsOption): SessionWindowedKStream<K, V>
  windowedBy(windows: WindowsOption): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    const read = readWindows(this.#dsl, windows)
    if (windows.kind === 'session') return new SessionWindowedKStream(this.#dsl, this.from, read)
    return new TimeWindowedKStream(this.#dsl, this.from, read)
  }

  /**
   * For each record, aggregates over trailing ranges of event time that end at the record: SQL's
   * `OVER (PARTITION BY key ORDER BY time RANGE BETWEEN interval PRECEDING AND CURRENT ROW)`. The result for a record at time t
   * covers the records of its key that have arrived, itself included, with time in `(t - delay - range, t - delay]`. Kafka
   * Streams has no such operator. State is forgotten when no result can need it, and survives a restart through its changelog.
   * @key Both stay as they are: one result per record, with its key. A changed key is repartitioned first.
   * @time A result has its record's timestamp and headers. An out-of-order record within `grace` takes its place in time and gets its own
   * result; results already emitted are not revised. A record older than the newest one minus `grace` is dropped and counted (`late`).
   * @example const spend = amounts.groupByKey().over({ ranges: { hour: '1h', day: '1d' }, aggregate: sumOf((amount) => amount) })
   * const sums = spend.mapValues(({ value, over }) => [value, over.hour, over.day])
   * // amounts <- ['ann', 5], ['ann', 3, '59m'], ['ann', 1, '1h']
   * // sums -> ['ann', [5, 5, 5]], ['ann', [3, 8, 8], '59m'], ['ann', [1, 4, 9], '1h']
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
      ...readTableOptions(this.#dsl, options),
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
