import type { Windowed } from '../core/windowed.ts'
import type { Aggregator, Initializer, Reducer } from '../topology/functions.ts'
import type { Windows } from '../topology/windows.ts'
import { appendWindowed } from './append-windowed.ts'
import type { DslContext, GroupedFrom } from './dsl-context.ts'
import type { KTable } from './ktable.ts'
import { countAggregator, reduceAggregator } from './simple-aggregators.ts'
import type { WindowedAggregateOptions, WindowedCountOptions, WindowedReduceOptions } from './windowed-options.ts'

/**
 * A grouped stream in tumbling, hopping or sliding windows (Kafka Streams: TimeWindowedKStream). Every record updates each
 * window that it belongs to, also when it is out of order; a window that ended more than `grace` before the newest record
 * of this operator takes no more, and the record is dropped and counted. Each update goes downstream; see `suppress` for final
 * results only. A result's timestamp is the largest of the records in its window. Null keys are dropped. Null values reach the
 * functions in tumbling and hopping windows, and are counted there (as in Kafka Streams); sliding windows drop them.
 */
export class TimeWindowedKStream<K, V> {
  readonly #dsl: DslContext
  readonly #from: { readonly group: GroupedFrom; readonly windows: Windows }

  constructor(dsl: DslContext, group: GroupedFrom, windows: Windows) {
    this.#dsl = dsl
    this.#from = { group, windows }
  }

  /** The number of records of each key and window. */
  count(options: WindowedCountOptions = {}): KTable<Windowed<K>, number> {
    return appendWindowed(
      this.#dsl,
      this.#from,
      { operation: 'count', initializer: () => 0, aggregator: countAggregator, merger: null },
      options,
    )
  }

  /** Combines the values of each key and window; the first is taken as it is. A null result deletes the window. */
  reduce(
    reducer: Reducer<NonNullable<V>>,
    options: WindowedReduceOptions<V> = {},
  ): KTable<Windowed<K>, NonNullable<V>> {
    const aggregator = reduceAggregator(reducer)
    return appendWindowed(
      this.#dsl,
      this.#from,
      { operation: 'reduce', initializer: () => null, aggregator, merger: null },
      options,
    )
  }

  /** Folds the values of each key and window. A null result deletes the window. The aggregator must not change its argument. */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    options: WindowedAggregateOptions<A>,
  ): KTable<Windowed<K>, A> {
    return appendWindowed(
      this.#dsl,
      this.#from,
      { operation: 'aggregate', initializer, aggregator, merger: null },
      options,
    )
  }
}
