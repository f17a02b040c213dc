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
 * of its key that lie within the gap. For every session that is replaced a tombstone goes downstream, then the new one;
 * timestamps are the sessions' ends. A session whose end lies more than gap + grace before the newest record of this operator takes
 * no more, and the record is dropped and counted. Null keys are dropped; null values reach the functions (as in Kafka Streams).
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
   * session, once stream time minus grace and gap passes its end. Keeps partitioning.
   *
   * Final results come in the order of (end, start, key bytes), with the first record of this operator that closes them, and there
   * are no tombstones. While no record comes, stream time stands still and nothing is emitted. Nothing is lost to a gap in event time: sessions
   * are kept until their result is out, whatever the `retention` (unlike Kafka Streams; ADR 0006). A restart neither repeats
   * nor loses a final result; after a crash those that were not committed come again.
   * @example clicks.groupByKey().windowedBy(session({ gap: "30m", grace: 0 })).emitStrategy('window-close').count()
   */
  emitStrategy(emit: EmitStrategy): SessionWindowedKStream<K, V> {
    return new SessionWindowedKStream(this.#dsl, this.#from.group, this.#from.windows, emit)
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
