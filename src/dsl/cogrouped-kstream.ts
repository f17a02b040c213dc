import type { Windowed } from '../core/windowed.ts'
import type { Aggregator, Initializer, SessionMerger } from '../topology/functions.ts'
import type { Windows } from '../topology/windows.ts'
import { readDuration, readVersioned, type DslContext, type GroupedFrom } from './dsl-context.ts'
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
 */
export class CogroupedKStream<K, A> {
  readonly #dsl: DslContext
  readonly #inputs: readonly CogroupedInput[]

  constructor(dsl: DslContext, inputs: readonly CogroupedInput[]) {
    this.#dsl = dsl
    this.#inputs = inputs
  }

  /** Adds a stream with its aggregator. All streams need equal partition counts; one whose key changed is repartitioned by itself. */
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

  /** Cuts all the streams into the same windows. Each keeps a stream time of its own, so lateness is each stream's. */
  windowedBy(windows: TimeWindowsOption | SlidingWindowsOption): TimeWindowedCogroupedKStream<K, A>
  windowedBy(windows: SessionWindowsOption): SessionWindowedCogroupedKStream<K, A>
  windowedBy(windows: WindowsOption): TimeWindowedCogroupedKStream<K, A> | SessionWindowedCogroupedKStream<K, A> {
    const read = readWindows(this.#dsl, windows)
    if (windows.kind === 'session') return new SessionWindowedCogroupedKStream(this.#dsl, this.#inputs, read)
    return new TimeWindowedCogroupedKStream(this.#dsl, this.#inputs, read)
  }

  /**
   * Folds the records of all streams into one aggregate per key, in the order in which the task processes them. May repartition.
   * Null keys and null values are dropped and counted; a null result deletes the key (a tombstone goes downstream) and the next
   * record, of whichever stream, starts from `initializer` again. The result's timestamp is the largest of the records in it.
   * @example
   * const carts = adds.groupByKey().cogroup((cart: string[], item) => [...cart, item])
   *   .cogroup(removals.groupByKey(), (cart, item) => cart.filter((each) => each !== item))
   *   .aggregate(() => [], { store: 'carts', value: json() })
   */
  aggregate(initializer: Initializer<A>, options: AggregateOptions<A>): KTable<K, A> {
    return appendCogroup(this.#dsl, { inputs: this.#inputs, windows: null, initializer, merger: null }, options)
  }
}

/** Grouped streams in the same tumbling, hopping or sliding windows; results go downstream at every update. */
export class TimeWindowedCogroupedKStream<K, A> {
  readonly #dsl: DslContext
  readonly #inputs: readonly CogroupedInput[]
  readonly #windows: Windows

  constructor(dsl: DslContext, inputs: readonly CogroupedInput[], windows: Windows) {
    this.#dsl = dsl
    this.#inputs = inputs
    this.#windows = windows
  }

  /** As `TimeWindowedKStream.aggregate`, for the records of all streams: null keys, null values and late records are treated as there. */
  aggregate(initializer: Initializer<A>, options: WindowedAggregateOptions<A>): KTable<Windowed<K>, A> {
    return appendCogroup(
      this.#dsl,
      { inputs: this.#inputs, windows: this.#windows, initializer, merger: null },
      options,
    )
  }
}

/** Grouped streams in the same session windows; results go downstream at every update. */
export class SessionWindowedCogroupedKStream<K, A> {
  readonly #dsl: DslContext
  readonly #inputs: readonly CogroupedInput[]
  readonly #windows: Windows

  constructor(dsl: DslContext, inputs: readonly CogroupedInput[], windows: Windows) {
    this.#dsl = dsl
    this.#inputs = inputs
    this.#windows = windows
  }

  /** As `SessionWindowedKStream.aggregate`: a session is made of the records of all streams. */
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
    ...readVersioned(dsl, options),
  })
}
