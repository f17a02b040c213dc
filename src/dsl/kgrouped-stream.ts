import type { Duration } from '../core/duration.ts'
import type { Aggregator, Initializer, InvertibleAggregate, Predicate, Reducer } from '../topology/functions.ts'
import type { OverResult } from '../topology/over-result.ts'
import type { Windows } from '../topology/windows.ts'
import { readDuration, type DslContext, type GroupedFrom } from './dsl-context.ts'
import type { KStream } from './kstream.ts'
import type { KTable } from './ktable.ts'
import type { AggregateOptions, CountOptions, NodeOptions, ReduceOptions } from './options.ts'
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
  readonly #from: GroupedFrom

  constructor(dsl: DslContext, from: GroupedFrom) {
    this.#dsl = dsl
    this.#from = from
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

  /** Cuts the stream into windows; see `tumbling`, `hopping`, `sliding` and `session`. */
  windowedBy(windows: TimeWindowsOption | SlidingWindowsOption): TimeWindowedKStream<K, V>
  windowedBy(windows: SessionWindowsOption): SessionWindowedKStream<K, V>
  windowedBy(
    windows: TimeWindowsOption | SlidingWindowsOption | SessionWindowsOption,
  ): TimeWindowedKStream<K, V> | SessionWindowedKStream<K, V> {
    if (windows.kind === 'session') return new SessionWindowedKStream(this.#dsl, this.#from, this.#read(windows))
    return new TimeWindowedKStream(this.#dsl, this.#from, this.#read(windows))
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
    options: { readonly name?: string; readonly store?: string; readonly value: AggregateOptions<any>['value'] | null },
  ): KTable<K, A> {
    return this.#dsl.table({
      kind: 'stream-aggregate',
      ...this.#base(options),
      operation,
      initializer,
      aggregator,
      windows: null,
      merger: null,
      retentionMs: null,
      value: options.value,
      store: options.store ?? null,
    })
  }

  #base(options: NodeOptions): {
    name: string | null
    inputs: readonly number[]
    grouping: { name: string | null; key: GroupedFrom['key']; value: GroupedFrom['value'] }
  } {
    const { node, name, key, value } = this.#from
    return { name: options.name ?? null, inputs: [node], grouping: Object.freeze({ name, key, value }) }
  }

  #read(windows: TimeWindowsOption | SlidingWindowsOption | SessionWindowsOption): Windows {
    const ms = (duration: Duration, what: string): number =>
      readDuration(this.#dsl, duration, `${what} of ${windows.kind} windows`)
    const graceMs = ms(windows.grace, 'grace')
    if (windows.kind === 'time') {
      const sizeMs = ms(windows.size, 'size')
      const advanceMs = windows.advance === windows.size ? sizeMs : ms(windows.advance, 'advance')
      return Object.freeze({ kind: 'time', sizeMs, advanceMs, graceMs })
    }
    if (windows.kind === 'sliding')
      return Object.freeze({ kind: 'sliding', differenceMs: ms(windows.difference, 'difference'), graceMs })
    return Object.freeze({ kind: 'session', gapMs: ms(windows.gap, 'gap'), graceMs })
  }
}
