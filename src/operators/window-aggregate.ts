import { change, type Change } from '../core/change.ts'
import { noHeaders, streamRecord, type Headers, type StreamRecord } from '../core/stream-record.ts'
import { windowed, type Windowed } from '../core/windowed.ts'
import type { WindowStore } from '../state/window-store.ts'
import type { Aggregator, Initializer } from '../topology/functions.ts'
import type { EmitStrategy, TimeWindows } from '../topology/windows.ts'
import { elapsed, noStreamTime, type Operator, type OperatorContext } from './operator.ts'

export interface WindowAggregateOptions<K, V, A> {
  readonly windows: TimeWindows
  readonly emit?: EmitStrategy
  /** Null where a reduce starts: its aggregator then takes the first value as it is. */
  readonly initializer: Initializer<A | null>
  readonly aggregator: Aggregator<K, V | null, A | null>
  readonly sendOldValues: boolean
}

interface WindowUpdate<A> {
  readonly start: number
  readonly oldAggregate: A | null
  readonly aggregate: A | null
  readonly timestamp: number
}

/**
 * Aggregates a grouped stream per tumbling or hopping window (Kafka Streams: KStreamWindowAggregate).
 *
 * Null keys are dropped; null values reach the aggregator, unlike without windows. A window is closed once its end is
 * at or before stream time minus grace, and each window of a record decides for itself: a late record may miss its
 * older windows and still update the newer ones. Stream time is this operator's, over all keys, late records included.
 *
 * With `window-close` each window goes out once, with the first record that closes it, ascending by (start, key bytes). What
 * was emitted stays closed after a restart too, when stream time starts anew.
 */
export class WindowAggregateOperator<K, V, A> implements Operator<K | null, V | null, Windowed<K>, Change<A>> {
  readonly #options: WindowAggregateOptions<K, V, A>
  readonly #isFinal: boolean
  readonly #store: WindowStore<K, A>
  #context!: OperatorContext<Windowed<K>, Change<A>>
  #streamTime = noStreamTime

  constructor(options: WindowAggregateOptions<K, V, A>, deps: { readonly store: WindowStore<K, A> }) {
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
    this.#streamTime = Math.max(this.#streamTime, timestamp)
    const { sizeMs, advanceMs, graceMs } = this.#options.windows
    const closeTime = Math.max(this.#streamTime - graceMs, this.#store.lastClosed + sizeMs)
    const earliest = Math.max(0, timestamp - sizeMs + advanceMs)
    // All are computed before one is kept, so that an aggregator that throws has changed no window.
    let updates: WindowUpdate<A>[] | undefined
    let lateCount = 0
    for (let start = earliest - (earliest % advanceMs); start <= timestamp; start += advanceMs) {
      if (start + sizeMs <= closeTime) lateCount += 1
      else if (updates === undefined) updates = [this.#updated(key, start, record)]
      else updates.push(this.#updated(key, start, record))
    }
    for (; lateCount > 0; lateCount -= 1) this.#context.drop('late')
    if (updates !== undefined) for (const update of updates) this.#keep(key, update, record)
    if (this.#isFinal) this.#emitClosed(closeTime - sizeMs, record.headers)
  }

  elapse(ms: number): void {
    this.#streamTime = elapsed(this.#streamTime, this.#store.latestTimestamp, ms)
    const { graceMs, sizeMs } = this.#options.windows
    const latestStart = this.#streamTime - graceMs - sizeMs
    if (this.#store.firstWaiting <= latestStart) this.#emitClosed(latestStart, noHeaders)
  }

  get isHolding(): boolean {
    return this.#store.firstWaiting < Infinity
  }

  #updated(key: K, start: number, record: StreamRecord<unknown, V | null>): WindowUpdate<A> {
    const { initializer, aggregator } = this.#options
    const stored = this.#store.fetch(key, start)
    const oldAggregate = stored === null ? (initializer() ?? null) : stored.value
    const timestamp = stored === null ? record.timestamp : Math.max(record.timestamp, stored.timestamp)
    return { start, oldAggregate, aggregate: aggregator(oldAggregate, record.value, key) ?? null, timestamp }
  }

  #keep(key: K, { start, aggregate, oldAggregate, timestamp }: WindowUpdate<A>, record: StreamRecord): void {
    // As in Kafka Streams, a window that the store no longer takes is counted and its result goes out all the same.
    if (!this.#store.put(key, aggregate, start, timestamp)) this.#context.drop('expired')
    if (this.#isFinal) return
    const windowedKey = windowed(key, start, start + this.#options.windows.sizeMs)
    const update = change(aggregate, this.#options.sendOldValues ? oldAggregate : null)
    this.#context.forward(streamRecord(windowedKey, update, timestamp, record.headers))
  }

  #emitClosed(latestStart: number, headers: Headers): void {
    for (const [key, { value, timestamp }] of this.#store.takeClosed(latestStart)) {
      this.#context.forward(streamRecord(key, change(value, null), timestamp, headers))
    }
  }
}
