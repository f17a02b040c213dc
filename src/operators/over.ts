import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { OverLog, OverStore } from '../state/over-store.ts'
import type { InvertibleAggregate, Predicate } from '../topology/functions.ts'
import type { OverResult } from '../topology/over-result.ts'
import type { OverRange } from '../topology/windows.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { OverCursors, type OverSpan } from './over-cursors.ts'

export interface OverOptions<K, V, R> {
  readonly ranges: readonly OverRange[]
  readonly aggregate: InvertibleAggregate<V, unknown, R>
  readonly graceMs: number
  /** `right`: (from, to]; `both`: [from, to]. */
  readonly closed: 'right' | 'both'
  /** Which records count; the others only get a result. Null: all. */
  readonly where: Predicate<K, V> | null
}

/**
 * Adds to each record what its key's trailing ranges hold at the record's time: SQL's OVER (PARTITION BY key ORDER BY
 * time RANGE BETWEEN interval PRECEDING AND CURRENT ROW).
 *
 * A result covers what has arrived, the record itself included, and is not revised. A record out of order gets the
 * result of its own time; one that is older than stream time minus grace is dropped. Null keys and null values are
 * dropped and, as with aggregates, do not move stream time. A record whose functions threw is not in the state.
 */
export class OverOperator<K, V, R> implements Operator<K | null, V | null, K, OverResult<V, string, R>> {
  readonly #options: OverOptions<K, V, R>
  readonly #spans: readonly OverSpan[]
  readonly #store: OverStore<K, V>
  #context!: OperatorContext<K, OverResult<V, string, R>>

  constructor(options: OverOptions<K, V, R>, deps: { readonly store: OverStore<K, V> }) {
    this.#options = options
    // Times are whole milliseconds: including the left end is a span that is 1 ms longer.
    const extraMs = options.closed === 'both' ? 1 : 0
    this.#spans = options.ranges.map(({ delayMs, rangeMs }) => ({ delayMs, spanMs: rangeMs + extraMs }))
    this.#store = deps.store
  }

  init(context: OperatorContext<K, OverResult<V, string, R>>): void {
    this.#context = context
  }

  process(record: StreamRecord<K | null, V | null>): void {
    const { key, value, timestamp, headers } = record
    if (key === null) return this.#context.drop('null-key')
    if (value === null) return this.#context.drop('null-value')
    this.#store.advance(timestamp)
    if (timestamp < this.#store.streamTime - this.#options.graceMs) return this.#context.drop('late')
    const { where } = this.#options
    const counts = where === null || where(value, key)
    const log = counts ? this.#store.put(key, value, timestamp) : this.#store.log(key)
    const over = log === undefined ? this.#nothing() : this.#resultsIn(log, { value, timestamp, counts })
    this.#context.forward(streamRecord(key, { value, over }, timestamp, headers))
  }

  #resultsIn(log: OverLog<V>, record: { value: V; timestamp: number; counts: boolean }): Record<string, R> {
    // Nobody else follows the logs of this operator's store.
    const cursors = (log.follower ??= new OverCursors(log, this.#spans, this.#options.aggregate)) as OverCursors<V>
    try {
      if (record.counts) cursors.inserted(record.timestamp, record.value)
      return this.#results(cursors.at(record.timestamp))
    } catch (error) {
      cursors.clear()
      // A value that the aggregate cannot take would fail every later record of its key too.
      if (record.counts) this.#store.undoPut()
      throw error
    }
  }

  #nothing(): Record<string, R> {
    return this.#results(this.#spans.map(() => ({ aggregate: this.#options.aggregate.init() })))
  }

  #results(windows: readonly { readonly aggregate: unknown }[]): Record<string, R> {
    const { ranges, aggregate } = this.#options
    const over: Record<string, R> = {}
    for (let i = 0; i < ranges.length; i++) over[ranges[i]!.name] = aggregate.result(windows[i]!.aggregate)
    return over
  }
}
