import type { Windowed } from '../core/windowed.ts'
import type { Aggregator, Initializer, Reducer, SessionMerger } from '../topology/functions.ts'
import type { Windows } from '../topology/windows.ts'
import { appendWindowed } from './append-windowed.ts'
import type { DslContext, GroupedFrom } from './dsl-context.ts'
import type { KTable } from './ktable.ts'
import { countAggregator, reduceAggregator } from './simple-aggregators.ts'
import type { WindowedAggregateOptions, WindowedCountOptions, WindowedReduceOptions } from './windowed-options.ts'

/**
 * A grouped stream in session windows (Kafka Streams: SessionWindowedKStream). A record joins, extends and merges the sessions
 * of its key that lie within the gap. For every session that is replaced a tombstone goes downstream, then the new one;
 * timestamps are the sessions' ends. A session whose end lies more than gap + grace before the newest record of this operator takes
 * no more, and the record is dropped and counted. Null keys are dropped; null values reach the functions (as in Kafka Streams).
 */
export class SessionWindowedKStream<K, V> {
  readonly #dsl: DslContext
  readonly #from: { readonly group: GroupedFrom; readonly windows: Windows }

  constructor(dsl: DslContext, group: GroupedFrom, windows: Windows) {
    this.#dsl = dsl
    this.#from = { group, windows }
  }

  /** The number of records of each session. */
  count(options: WindowedCountOptions = {}): KTable<Windowed<K>, number> {
    const merger = (left: number, right: number): number => left + right
    return appendWindowed(
      this.#dsl,
      this.#from,
      { operation: 'count', initializer: () => 0, aggregator: countAggregator, merger },
      options,
    )
  }

  /** Combines the values of each session; the first is taken as it is. A null result deletes the session. */
  reduce(
    reducer: Reducer<NonNullable<V>>,
    options: WindowedReduceOptions<V> = {},
  ): KTable<Windowed<K>, NonNullable<V>> {
    const aggregator = reduceAggregator(reducer)
    const merger: SessionMerger = (left, right) => aggregator(left, right, undefined)
    return appendWindowed(
      this.#dsl,
      this.#from,
      { operation: 'reduce', initializer: () => null, aggregator, merger },
      options,
    )
  }

  /** Folds the values of each session; `merger` joins the aggregates of two sessions that became one, the older first. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    merger: SessionMerger<K, A>,
    options: WindowedAggregateOptions<A>,
  ): KTable<Windowed<K>, A> {
    return appendWindowed(this.#dsl, this.#from, { operation: 'aggregate', initializer, aggregator, merger }, options)
  }
}
