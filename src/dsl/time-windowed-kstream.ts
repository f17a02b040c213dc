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
 * window that it belongs to, also when it is out of order; a window that ended more than `grace` before the newest record
 * of this operator takes no more, and the record is dropped and counted. Each update goes downstream; see `suppress` for final
 * results only. A result's timestamp is the largest of the records in its window. Null keys are dropped. Null values reach the
 * functions in tumbling and hopping windows, and are counted there (as in Kafka Streams); sliding windows drop them.
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
   * window, once stream time minus grace reaches its end. Keeps partitioning.
   *
   * Final results come in the order of (window start, key bytes), with the first record of this operator that closes them, and there
   * are no tombstones. While no record comes, stream time stands still and nothing is emitted. Nothing is lost to a gap in event time: windows
   * are kept until their result is out, whatever the `retention` (unlike Kafka Streams; ADR 0006). A restart neither repeats
   * nor loses a final result; after a crash those that were not committed come again.
   * @example clicks.groupByKey().windowedBy(tumbling({ size: "1m", grace: "5s" })).emitStrategy('window-close').count()
   */
  emitStrategy(emit: EmitStrategy): TimeWindowedKStream<K, V> {
    return new TimeWindowedKStream(this.#dsl, this.#from.group, this.#from.windows, emit)
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
