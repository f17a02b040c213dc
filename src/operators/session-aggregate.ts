import { change, type Change } from '../core/change.ts'
import { noHeaders, streamRecord, type Headers, type StreamRecord } from '../core/stream-record.ts'
import type { Window, Windowed } from '../core/windowed.ts'
import type { SessionStore } from '../state/session-store.ts'
import type { Aggregator, Initializer, SessionMerger } from '../topology/functions.ts'
import type { EmitStrategy, SessionWindows } from '../topology/windows.ts'
import { elapsed, noStreamTime, type Operator, type OperatorContext } from './operator.ts'

export interface SessionAggregateOptions<K, V, A> {
  readonly windows: SessionWindows
  readonly emit?: EmitStrategy
  /** Null where a reduce starts: its aggregator then takes the first value as it is. */
  readonly initializer: Initializer<A | null>
  readonly aggregator: Aggregator<K, V | null, A | null>
  /** Called with what the initializer gave first, then with each session, ascending by (end, start). */
  readonly merger: SessionMerger<K, A | null>
  readonly sendOldValues: boolean
}

/**
 * Aggregates a grouped stream per session (Kafka Streams: KStreamSessionWindowAggregate).
 *
 * A record joins every session within the gap of it into one. Each session that so changes its bounds is first deleted,
 * with a tombstone, then the new one goes out; the timestamp of either is the end of its session, and neither carries
 * the record's headers. Null keys are dropped; null values reach the aggregator. A session is closed once its end lies
 * before stream time minus grace minus gap; stream time is this operator's, over all keys, late records included.
 *
 * With `window-close` there are no tombstones: each session goes out once, when it is closed, ascending by (end, start, key
 * bytes). A late record within the gap of a closed session may still extend it past the close time: then the longer
 * session goes out too, as in Kafka Streams.
 */
export class SessionAggregateOperator<K, V, A> implements Operator<K | null, V | null, Windowed<K>, Change<A>> {
  readonly #options: SessionAggregateOptions<K, V, A>
  readonly #isFinal: boolean
  readonly #store: SessionStore<K, A>
  #context!: OperatorContext<Windowed<K>, Change<A>>
  #streamTime = noStreamTime

  constructor(options: SessionAggregateOptions<K, V, A>, deps: { readonly store: SessionStore<K, A> }) {
    this.#options = options
    this.#isFinal = options.emit === 'window-close'
    this.#store = deps.store
  }

  init(context: OperatorContext<Windowed<K>, Change<A>>): void {
    this.#context = context
  }

  process(record: StreamRecord<K | null, V | null>): void {
    const { key, timestamp } = record
    if (key === null) return this.#context.drop('null-key')
    const { windows } = this.#options
    this.#streamTime = Math.max(this.#streamTime, timestamp)
    const closeTime = Math.max(this.#streamTime - windows.graceMs - windows.gapMs, this.#store.lastClosed + 1)
    this.#aggregate(key, record, closeTime)
    if (this.#isFinal) this.#emitClosed(closeTime - 1, record.headers)
  }

  elapse(ms: number): void {
    this.#streamTime = elapsed(this.#streamTime, this.#store.latestTimestamp, ms)
    const { graceMs, gapMs } = this.#options.windows
    const latestEnd = this.#streamTime - graceMs - gapMs - 1
    if (this.#store.firstWaiting <= latestEnd) this.#emitClosed(latestEnd, noHeaders)
  }

  get isHolding(): boolean {
    return this.#store.firstWaiting < Infinity
  }

  #aggregate(key: K, record: StreamRecord<unknown, V | null>, closeTime: number): void {
    const { initializer, aggregator, merger, windows } = this.#options
    const { timestamp } = record
    const found = [...this.#store.findSessions(key, timestamp - windows.gapMs, timestamp + windows.gapMs)]
    const merged = found.reduce((union, [session]) => unite(union, session), { start: timestamp, end: timestamp })
    if (merged.end < closeTime) return this.#context.drop('late')

    const before = found.reduce((aggregate, [, next]) => merger(aggregate, next, key) ?? null, initializer() ?? null)
    if (merged.start !== merged.end) this.#removeSessions(key, found, timestamp)
    const aggregate = aggregator(before, record.value, key) ?? null
    // As in Kafka Streams, a session that the store no longer takes is counted and its result goes out all the same.
    if (!this.#store.put(key, aggregate, merged, timestamp)) this.#context.drop('expired')
    this.#emitUpdate(key, merged, change(aggregate, null))
  }

  #removeSessions(key: K, sessions: readonly (readonly [Window, A])[], timestamp: number): void {
    for (const [session, aggregate] of sessions) {
      this.#store.put(key, null, session, timestamp)
      this.#emitUpdate(key, session, change(null, aggregate))
    }
  }

  #emitClosed(latestEnd: number, headers: Headers): void {
    for (const [key, aggregate] of this.#store.takeClosed(latestEnd)) {
      this.#context.forward(streamRecord(key, change(aggregate, null), key.window.end, headers))
    }
  }

  #emitUpdate(key: K, window: Window, update: Change<A>): void {
    if (this.#isFinal) return
    const sent = this.#options.sendOldValues ? update : change(update.newValue, null)
    this.#context.forward(streamRecord({ key, window }, sent, window.end))
  }
}

function unite(one: Window, other: Window): Window {
  return { start: Math.min(one.start, other.start), end: Math.max(one.end, other.end) }
}
