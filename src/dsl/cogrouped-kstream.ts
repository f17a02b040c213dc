import type { Windowed } from '../core/windowed.ts'
import type { Aggregator, Initializer, SessionMerger } from '../topology/functions.ts'
import type { Windows } from '../topology/windows.ts'
import { readDuration, readTableOptions, type DslContext, type GroupedFrom } from './dsl-context.ts'
import type { KGroupedStream } from './kgrouped-stream.ts'
import type { KTable } from './ktable.ts'
import type { AggregateOptions, WindowStoreOption } from './options.ts'
import { readWindows, type WindowsOption } from './read-windows.ts'
import type { SameKey } from './type-sentences.ts'
import type { WindowedAggregateOptions } from './windowed-options.ts'
import type { SessionWindowsOption, SlidingWindowsOption, TimeWindowsOption } from './windows.ts'

/** One of the streams that meet in an aggregate. */
export interface CogroupedInput {
  readonly from: GroupedFrom
  readonly aggregator: Aggregator
}

/**
 * Several grouped streams that are aggregated into one table, each with its own aggregator (Kafka Streams: CogroupedKStream,
 * KIP-150): one store and one result per key instead of a table for each stream and joins of them.
 * @key The key is the groups'. All streams need equal partition counts; one whose key changed is repartitioned by itself.
 * @nulls Null keys and null values are dropped and counted; a null result deletes the key (a tombstone goes downstream).
 * @time Records count in the order in which the task processes them, late ones too.
 * A result has the largest timestamp of the records in it.
 * @throws `MILLRACE_PARTITIONS_MISMATCH` at start. What an aggregator throws goes to the `process` handler.
 */
export class CogroupedKStream<K, A> {
  readonly #dsl: DslContext
  readonly #inputs: readonly CogroupedInput[]

  constructor(dsl: DslContext, inputs: readonly CogroupedInput[]) {
    this.#dsl = dsl
    this.#inputs = inputs
  }

  /**
   * Adds a stream with its aggregator.
   * @example const balance = amounts.groupByKey().cogroup((sum: number, paid) => sum + paid)
   *   .cogroup(refunds.groupByKey(), (sum, back) => sum - back).aggregate(() => 0, { value: json() })
   * // refunds <- ['ann', 20]; amounts <- ['ann', 50, '1s']; balance -> ['ann', -20], ['ann', 30, '1s']
   */
  cogroup<K2, V2>(
    grouped: KGroupedStream<K2, V2> & SameKey<K, K2, 'cogroup'>,
    aggregator: Aggregator<K, V2, A>,
  ): CogroupedKStream<K, A> {
    const { from } = grouped as KGroupedStream<K2, V2>
    if (this.#inputs.some((input) => input.from === from)) {
      this.#dsl.graph.report({
        path: from.name ?? 'cogroup()',
        problem: 'the same grouped stream is added twice',
        remedy: 'make one aggregator of the two',
      })
    }
    return new CogroupedKStream<K, A>(this.#dsl, [...this.#inputs, { from, aggregator }])
  }

  /**
   * Cuts all the streams into the same windows.
   * @key The key of a result is windowed. Partitioning stays by the groups' key.
   * @nulls Null keys are dropped and counted. Null values reach the aggregators, except in sliding windows, which drop them.
   * @time Each stream keeps a stream time of its own, so lateness is each stream's.
   * @example const perMinute = words.groupByKey().cogroup((count: number) => count + 1)
   *   .windowedBy(tumbling({ size: '1m', grace: 0 })).aggregate(() => 0, { value: json() })
   * // words <- ['ann', 'a', '59s'], ['ann', 'b', '60s']
   * // perMinute -> ['ann@0..60000', 1, '59s'], ['ann@60000..120000', 1, '60s']
   */
  windowedBy(windows: TimeWindowsOption | SlidingWindowsOption): TimeWindowedCogroupedKStream<K, A>
  windowedBy(windows: SessionWindowsOption): SessionWindowedCogroupedKStream<K, A>
  windowedBy(windows: WindowsOption): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    const read = readWindows(this.#dsl, windows)
    if (windows.kind === 'session') return new SessionWindowedCogroupedKStream(this.#dsl, this.#inputs, read)
    return new TimeWindowedCogroupedKStream(this.#dsl, this.#inputs, read)
  }

  /**
   * Folds the records of all streams into one aggregate per key. After a null result the next
   * record, of whichever stream, starts from `initializer` again.
   * @example const carts = words.groupByKey().cogroup((cart: string[], item) => [...cart, item])
   *   .cogroup(refunds.groupByKey(), (cart, count) => cart.slice(count))
   *   .aggregate(() => [], { store: 'carts', value: json() })
   * // words <- ['ann', 'tea'], ['ann', 'jam']; refunds <- ['ann', 1, '1s']
   * // carts -> ['ann', ['tea']], ['ann', ['tea', 'jam']], ['ann', ['jam'], '1s']
   */
  aggregate(initializer: Initializer<A>, options: AggregateOptions<A>): KTable<K, A> {
    return appendCogroup(this.#dsl, { inputs: this.#inputs, windows: null, initializer, merger: null }, options)
  }
}

/**
 * Grouped streams in the same tumbling, hopping or sliding windows; results go downstream at every update.
 * @key The key becomes windowed. Each stream is repartitioned where its key changed; all need equal partition counts.
 * @nulls As `TimeWindowedKStream`.
 * @time As `TimeWindowedKStream`; lateness goes by each stream's own newest record.
 * @throws As `CogroupedKStream`.
 */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #dsl: DslContext
  readonly #inputs: readonly CogroupedInput[]
  readonly #windows: Windows

  constructor(dsl: DslContext, inputs: readonly CogroupedInput[], windows: Windows) {
    this.#dsl = dsl
    this.#inputs = inputs
    this.#windows = windows
  }

  /**
   * Folds the records of all streams into one aggregate per key and window.
   * @example const net = amounts.groupByKey().cogroup((sum: number, paid) => sum + paid)
   *   .cogroup(refunds.groupByKey(), (sum, back) => sum - back)
   *   .windowedBy(tumbling({ size: '1m', grace: 0 })).aggregate(() => 0, { value: json() })
   * // amounts <- ['ann', 50, '59s']; refunds <- ['ann', 20, '10s'], ['ann', 5, '60s']
   * // net -> ['ann@0..60000', 50, '59s'], ['ann@0..60000', 30, '59s'], ['ann@60000..120000', -5, '60s']
   */
  aggregate(initializer: Initializer<A>, options: WindowedAggregateOptions<A>): KTable<Windowed<K>, A> {
    return appendCogroup(
      this.#dsl,
      { inputs: this.#inputs, windows: this.#windows, initializer, merger: null },
      options,
    )
  }
}

/**
 * Grouped streams in the same session windows; results go downstream at every update.
 * @key The key becomes windowed. Each stream is repartitioned where its key changed; all need equal partition counts.
 * @nulls As `SessionWindowedKStream`.
 * @time As `SessionWindowedKStream`; lateness goes by each stream's own newest record.
 * @throws As `CogroupedKStream`.
 */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #dsl: DslContext
  readonly #inputs: readonly CogroupedInput[]
  readonly #windows: Windows

  constructor(dsl: DslContext, inputs: readonly CogroupedInput[], windows: Windows) {
    this.#dsl = dsl
    this.#inputs = inputs
    this.#windows = windows
  }

  /**
   * Folds the records of all streams: a session is made of all of them. `merger` joins two sessions that became one, the older first.
   * @example const net = amounts.groupByKey().cogroup((sum: number, paid) => sum + paid)
   *   .cogroup(refunds.groupByKey(), (sum, back) => sum - back)
   *   .windowedBy(session({ gap: '30s', grace: 0 })).aggregate(() => 0, (a, b) => a + b, { value: json() })
   * // amounts <- ['ann', 50]; refunds <- ['ann', 20, '30s']
   * // net -> ['ann@0..0', 50], ['ann@0..0', null], ['ann@0..30000', 30, '30s']
   */
  aggregate(
    initializer: Initializer<A>,
    merger: SessionMerger<K, A>,
    options: WindowedAggregateOptions<A>,
  ): KTable<Windowed<K>, A> {
    return appendCogroup(this.#dsl, { inputs: this.#inputs, windows: this.#windows, initializer, merger }, options)
  }
}

interface Cogroup {
  readonly inputs: readonly CogroupedInput[]
  readonly windows: Windows | null
  readonly initializer: Initializer
  readonly merger: SessionMerger | null
}

function appendCogroup<K, A>(
  dsl: DslContext,
  { inputs, ...cogroup }: Cogroup,
  options: AggregateOptions<A> & WindowStoreOption,
): KTable<K, A> {
  const { name, store, value, retention } = options
  const groups = inputs.map(({ from, aggregator }) =>
    Object.freeze({ name: from.name, key: from.key, value: from.value, aggregator }),
  )
  return dsl.table({
    kind: 'cogroup',
    ...cogroup,
    name: name ?? null,
    inputs: inputs.map(({ from }) => from.node),
    groups: Object.freeze(groups),
    retentionMs: retention === undefined ? null : readDuration(dsl, retention, `retention of ${name ?? 'a cogroup'}`),
    value,
    store: store ?? null,
    ...readTableOptions(dsl, options),
  })
}
