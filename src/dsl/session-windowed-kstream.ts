import type { Windowed } from '../core/windowed.ts'
import type { Aggregator, Initializer, Reducer, SessionMerger } from '../topology/functions.ts'
import type { EmitStrategy, Windows } from '../topology/windows.ts'
import { appendWindowed, type WindowedFrom } from './append-windowed.ts'
import type { DslContext, GroupedFrom } from './dsl-context.ts'
import type { KTable } from './ktable.ts'
import { countAggregator, reduceAggregator } from './simple-aggregators.ts'
import type { WindowedAggregateOptions, WindowedCountOptions, WindowedReduceOptions } from './windowed-options.ts'

/**
 * A grouped stream in session windows (Kafka Streams: SessionWindowedKStream). A record joins, extends and merges the sessions
 * of its key that lie within the gap. For every session that is replaced a tombstone goes downstream, then the new one.
 * @key The key becomes windowed. Keeps the grouped stream's partitioning.
 * @nulls Null keys are dropped and counted; null values reach the functions (as in Kafka Streams). A null result deletes the session.
 * @time Timestamps are the sessions' ends. A session whose end lies more than gap + grace before the newest record of this operator
 * takes no more: the record is dropped and counted.
 * @throws What a function throws goes to its `onError`, else to the `process` handler.
 */
export class SessionWindowedKStream<K, V> {
  readonly #dsl: DslContext
  readonly #from: WindowedFrom

  constructor(dsl: DslContext, group: GroupedFrom, windows: Windows, emit: EmitStrategy = 'window-update') {
    this.#dsl = dsl
    this.#from = { group, windows, emit }
  }

  /**
   * When results go downstream (KIP-825): `window-update` (the default), at every update; `window-close`, one final result for each
   * session, once stream time minus grace and gap passes its end.
   * @nulls There are no tombstones among final results.
   * @time Final results come in the order of (end, start, key bytes), with the first record of this operator that closes them. While
   * no record comes, stream time stands still and nothing is emitted. Nothing is lost to a gap in event time: sessions
   * are kept until their result is out, whatever the `retention` (unlike Kafka Streams; ADR 0006). A restart neither repeats
   * nor loses a final result; after a crash those that were not committed come again.
   * @example const visits = words.groupByKey().windowedBy(session({ gap: '30s', grace: 0 }))
   * const final = visits.emitStrategy('window-close').count()
   * // words <- ['ann', 'a', '10s'], ['ann', 'b', '40s'], ['bob', 'c', '71s']; final -> ['ann@10000..40000', 2, '40s']
   */
  emitStrategy(emit: EmitStrategy): SessionWindowedKStream<K, V> {
    return new SessionWindowedKStream(this.#dsl, this.#from.group, this.#from.windows, emit)
  }

  /**
   * The number of records of each session.
   * @example const visits = words.groupByKey().windowedBy(session({ gap: '30s', grace: 0 })).count()
   * // words <- ['ann', 'a', '10s'], ['ann', 'b', '40s']
   * // visits -> ['ann@10000..10000', 1, '10s'], ['ann@10000..10000', null, '10s'], ['ann@10000..40000', 2, '40s']
   */
  count(options: WindowedCountOptions = {}): KTable<Windowed<K>, number> {
    const merger = (left: number, right: number): number => left + right
    return appendWindowed(
      this.#dsl,
      this.#from,
      { operation: 'count', initializer: () => 0, aggregator: countAggregator, merger },
      options,
    )
  }

  /**
   * Combines the values of each session; the first is taken as it is.
   * @example const joined = words.groupByKey().windowedBy(session({ gap: '30s', grace: 0 })).reduce((a, b) => a + b)
   * // words <- ['ann', 'a'], ['ann', 'b', '1s']
   * // joined -> ['ann@0..0', 'a'], ['ann@0..0', null], ['ann@0..1000', 'ab', '1s']
   */
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

  /**
   * Folds the values of each session; `merger` joins the aggregates of two sessions that became one, the older first.
   * @example const lists = words.groupByKey().windowedBy(session({ gap: '30s', grace: '1m' }))
   *   .aggregate((): string[] => [], (all, word) => [...all, word], (a, b) => [...a, ...b], { value: json() })
   * // words <- ['ann', 'a'], ['ann', 'c', '50s']; lists -> ['ann@0..0', ['a']], ['ann@50000..50000', ['c'], '50s']
   * // words <- ['ann', 'b', '25s']
   * // lists -> ['ann@0..0', null], ['ann@50000..50000', null, '50s'], ['ann@0..50000', ['a', 'c', 'b'], '50s']
   */
  aggregate<A>(
    initializer: Initializer<A>,
    aggregator: Aggregator<K, V, A>,
    merger: SessionMerger<K, A>,
    options: WindowedAggregateOptions<A>,
  ): KTable<Windowed<K>, A> {
    return appendWindowed(this.#dsl, this.#from, { operation: 'aggregate', initializer, aggregator, merger }, options)
  }
}
