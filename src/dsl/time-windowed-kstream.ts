import type { Windowed } from '../core/windowed.ts'
import type { Aggregator, Initializer, Reducer } from '../topology/functions.ts'
import type { EmitStrategy, Windows } from '../topology/windows.ts'
import { appendWindowed, type WindowedFrom } from './append-windowed.ts'
import type { DslContext, GroupedFrom } from './dsl-context.ts'
import type { KTable } from './ktable.ts'
import { countAggregator, reduceAggregator } from './simple-aggregators.ts'
import type { WindowedAggregateOptions, WindowedCountOptions, WindowedReduceOptions } from './windowed-options.ts'

/**
 * A grouped stream in tumbling, hopping or sliding windows (Kafka Streams: TimeWindowedKStream). Every record updates each
 * window that it belongs to, also when it is out of order. Each update goes downstream; see `emitStrategy` and `suppress` for
 * final results only.
 * @key The key becomes windowed. Keeps the grouped stream's partitioning.
 * @nulls Null keys are dropped and counted. Null values reach the functions in tumbling and hopping windows, and are counted there (as
 * in Kafka Streams); sliding windows drop them. A null result deletes the window.
 * @time A window whose end lies `grace` or more (sliding: more than `grace`) before the newest record of this operator takes no more:
 * the record is dropped and counted. A result's timestamp is the largest of the records in its window.
 * @throws What a function throws goes to its `onError`, else to the `process` handler.
 */
export class TimeWindowedKStream<K, V> {
  readonly #dsl: DslContext
  readonly #from: WindowedFrom

  constructor(dsl: DslContext, group: GroupedFrom, windows: Windows, emit: EmitStrategy = 'window-update') {
    this.#dsl = dsl
    this.#from = { group, windows, emit }
  }

  /**
   * When results go downstream (KIP-825): `window-update` (the default), at every update; `window-close`, one final result for each
   * window, once stream time minus grace reaches its end.
   * @nulls There are no tombstones among final results.
   * @time Final results come in the order of (window start, key bytes), with the first record of this operator that closes them. While
   * no record comes, stream time stands still and nothing is emitted. Nothing is lost to a gap in event time: windows
   * are kept until their result is out, whatever the `retention` (unlike Kafka Streams; ADR 0006). A restart neither repeats
   * nor loses a final result; after a crash those that were not committed come again.
   * @example const perMinute = words.groupByKey().windowedBy(tumbling({ size: '1m', grace: '5s' }))
   * const final = perMinute.emitStrategy('window-close').count()
   * // words <- ['ann', 'a', '10s'], ['ann', 'b', '50s'], ['bob', 'c', '65s']; final -> ['ann@0..60000', 2, '50s']
   */
  emitStrategy(emit: EmitStrategy): TimeWindowedKStream<K, V> {
    return new TimeWindowedKStream(this.#dsl, this.#from.group, this.#from.windows, emit)
  }

  /**
   * The number of records of each key and window.
   * @example const counts = words.groupByKey().windowedBy(tumbling({ size: '1m', grace: 0 })).count()
   * // words <- ['ann', 'a', '10s'], ['ann', 'b', '5s']
   * // counts -> ['ann@0..60000', 1, '10s'], ['ann@0..60000', 2, '10s']
   */
  count(options: WindowedCountOptions = {}): KTable<Windowed<K>, number> {
    return appendWindowed(
      this.#dsl,
      this.#from,
      { operation: 'count', initializer: () => 0, aggregator: countAggregator, merger: null },
      options,
    )
  }

  /**
   * Combines the values of each key and window; the first is taken as it is.
   * @example const largest = amounts.groupByKey().windowedBy(tumbling({ size: '1m', grace: 0 })).reduce((a, b) => Math.max(a, b))
   * // amounts <- ['ann', 5], ['ann', 9, '1s'], ['ann', 3, '60s']
   * // largest -> ['ann@0..60000', 5], ['ann@0..60000', 9, '1s'], ['ann@60000..120000', 3, '60s']
   */
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

  /**
   * Folds the values of each key and window. `aggregator` must return a new object, not change the old one.
   * @example const lists = words.groupByKey().windowedBy(tumbling({ size: '1m', grace: 0 }))
   *   .aggregate((): string[] => [], (all, word) => [...all, word], { value: json() })
   * // words <- ['ann', 'a'], ['ann', 'b', '1s']
   * // lists -> ['ann@0..60000', ['a']], ['ann@0..60000', ['a', 'b'], '1s']
   */
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
