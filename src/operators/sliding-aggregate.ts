import { change, type Change } from '../core/change.ts'
import { noHeaders, streamRecord, type Headers, type StreamRecord } from '../core/stream-record.ts'
import { valueAndTimestamp, type ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { windowed, type Windowed } from '../core/windowed.ts'
import type { WindowStore } from '../state/window-store.ts'
import type { Aggregator, Initializer } from '../topology/functions.ts'
import type { EmitStrategy, SlidingWindows } from '../topology/windows.ts'
import { elapsed, noStreamTime, type Operator, type OperatorContext } from './operator.ts'

export interface SlidingAggregateOptions<K, V, A> {
  readonly windows: SlidingWindows
  readonly emit?: EmitStrategy
  /** Null where a reduce starts: its aggregator then takes the first value as it is. */
  readonly initializer: Initializer<A | null>
  readonly aggregator: Aggregator<K, V, A | null>
  readonly sendOldValues: boolean
}

/** One record that passed the checks, with the time at which windows are closed for it. */
interface Input<K, V> {
  readonly key: K
  readonly value: V
  readonly record: StreamRecord
  readonly closeTime: number
}

type StoredWindow<A> = readonly [start: number, stored: ValueAndTimestamp<A>]

/** What the stored windows around a record's time say about the windows that it still needs. */
interface Surroundings<A> {
  /** Windows that hold the record's time, in the order in which they are updated. */
  readonly holding: StoredWindow<A>[]
  /** Starts of all windows that were looked at. */
  readonly starts: Set<number>
  /** What the record's right window starts from, if it has records later than this one. */
  right: ValueAndTimestamp<A> | null
  /** What the record's left window starts from, if the previous record falls into it. */
  left: ValueAndTimestamp<A> | null
  /** Time of the record before this one; null when there is none, or when its right window exists. */
  previous: number | null
  /** A record of the same time was here before and made every window that this one needs. */
  isComplete: boolean
}

/**
 * Aggregates a grouped stream per sliding window (Kafka Streams: KStreamSlidingWindowAggregate, KIP-450).
 *
 * A window exists for each record's left side, [t - difference, t], and for its right side, [t + 1, t + 1 +
 * difference], once a record falls into it. A record updates the stored windows that hold it, newest first, then
 * creates the right window of the previous record, its own left window, and its own right window. Windows cannot start
 * before 0: records earlier than `difference` share [0, difference], which is updated last (`#processEarly`).
 *
 * Null keys and null values are dropped. A window is closed once its end lies before stream time minus grace; stream
 * time is this operator's, over all keys. A record is dropped as a whole when its right window would be closed, else
 * per window. `window-close`: as for tumbling windows (WindowAggregateOperator).
 */
export class SlidingAggregateOperator<K, V, A> implements Operator<K | null, V | null, Windowed<K>, Change<A>> {
  readonly #options: SlidingAggregateOptions<K, V, A>
  readonly #differenceMs: number
  readonly #isFinal: boolean
  readonly #store: WindowStore<K, A>
  #context!: OperatorContext<Windowed<K>, Change<A>>
  #streamTime = noStreamTime

  constructor(options: SlidingAggregateOptions<K, V, A>, deps: { readonly store: WindowStore<K, A> }) {
    this.#options = options
    this.#isFinal = options.emit === 'window-close'
    this.#differenceMs = options.windows.differenceMs
    this.#store = deps.store
  }

  init(context: OperatorContext<Windowed<K>, Change<A>>): void {
    this.#context = context
  }

  process(record: StreamRecord<K | null, V | null>): void {
    const { key, value, timestamp } = record
    if (key === null) return this.#context.drop('null-key')
    if (value === null) return this.#context.drop('null-value')
    this.#streamTime = Math.max(this.#streamTime, timestamp)
    const closed = this.#store.lastClosed + this.#differenceMs + 1
    const closeTime = Math.max(this.#streamTime - this.#options.windows.graceMs, closed)
    if (timestamp + this.#differenceMs < closeTime) return this.#context.drop('late')
    const input = { key, value, record, closeTime }
    if (timestamp < this.#differenceMs) this.#processEarly(input)
    else this.#processNormal(input)
    if (this.#isFinal) this.#emitClosed(closeTime - this.#differenceMs - 1, record.headers)
  }

  elapse(ms: number): void {
    this.#streamTime = elapsed(this.#streamTime, this.#store.latestTimestamp, ms)
    const latestStart = this.#streamTime - this.#options.windows.graceMs - this.#differenceMs - 1
    if (this.#store.firstWaiting <= latestStart) this.#emitClosed(latestStart, noHeaders)
  }

  get isHolding(): boolean {
    return this.#store.firstWaiting < Infinity
  }

  #processNormal(input: Input<K, V>): void {
    const { timestamp } = input.record
    const leftStart = timestamp - this.#differenceMs
    const around = this.#lookBack(input.key, timestamp)
    for (const [start, stored] of around.holding) this.#update(input, start, stored)
    if (around.isComplete) return

    const { starts, previous } = around
    if (previous !== null && previous + 1 >= leftStart) this.#createIfMissing(input, previous + 1, starts)
    // It may be the window just created: then it goes out twice, as in Kafka Streams.
    if (!starts.has(leftStart)) {
      const isShared = previous !== null && previous >= leftStart
      this.#update(input, leftStart, isShared ? around.left : this.#initial(timestamp))
    }
    this.#createRightWindow(input, around)
  }

  /** From the record's own right window back to the newest window that ends before the record. */
  #lookBack(key: K, timestamp: number): Surroundings<A> {
    const around = nothingAround<A>()
    const leftStart = timestamp - this.#differenceMs
    const earliest = Math.max(0, leftStart - this.#differenceMs)
    for (const window of this.#store.fetchRangeBackward(key, earliest, timestamp + 1)) {
      const [start, stored] = window
      around.starts.add(start)
      if (start > timestamp) continue
      if (start >= leftStart) around.holding.push(window)
      if (start > leftStart) around.right ??= stored
      // First the window that ends at the record says when the previous one was, then the next older window says it
      // again: Kafka Streams believes the older one.
      else if (stored.timestamp < timestamp) around.previous = stored.timestamp
      else around.isComplete = true
      if (start < leftStart) around.left = stored
      if (start < leftStart || around.isComplete) break
    }
    return around
  }

  #processEarly(input: Input<K, V>): void {
    const { timestamp } = input.record
    const around = nothingAround<A>()
    let shared: ValueAndTimestamp<A> | null = null
    for (const window of this.#store.fetchRange(input.key, 0, timestamp + 1)) {
      const [start, stored] = window
      around.starts.add(start)
      if (start === 0) shared = stored
      else if (start <= timestamp) {
        around.holding.push(window)
        around.right = stored
      }
    }
    for (const [start, stored] of around.holding) this.#update(input, start, stored)

    // Without a right window of an earlier record, all that the shared window holds comes after this one.
    around.right ??= shared
    this.#createRightWindow(input, around)
    if (shared !== null && shared.timestamp < timestamp) {
      this.#createIfMissing(input, shared.timestamp + 1, around.starts)
    }
    this.#update(input, 0, shared ?? this.#initial(timestamp))
  }

  #createIfMissing(input: Input<K, V>, start: number, starts: ReadonlySet<number>): void {
    if (!starts.has(start)) this.#update(input, start, this.#initial(input.record.timestamp))
  }

  /** The right window does not hold the record itself, so neither aggregator nor grace has a say. */
  #createRightWindow({ key, record }: Input<K, V>, { right, starts }: Surroundings<A>): void {
    const start = record.timestamp + 1
    if (starts.has(start) || right === null || right.timestamp < start) return
    this.#put(key, start, right.value, right.timestamp)
    this.#emitUpdate(this.#window(key, start), change(right.value, null), right.timestamp, record)
  }

  #update({ key, value, record, closeTime }: Input<K, V>, start: number, stored: ValueAndTimestamp<A> | null): void {
    if (start + this.#differenceMs < closeTime) return this.#context.drop('late')
    const oldAggregate = stored === null ? null : stored.value
    const timestamp = stored === null ? record.timestamp : Math.max(record.timestamp, stored.timestamp)
    const aggregate = this.#options.aggregator(oldAggregate, value, key) ?? null
    this.#put(key, start, aggregate, timestamp)
    this.#emitUpdate(this.#window(key, start), change(aggregate, oldAggregate), timestamp, record)
  }

  #initial(timestamp: number): ValueAndTimestamp<A> | null {
    const aggregate = this.#options.initializer() ?? null
    return aggregate === null ? null : valueAndTimestamp(aggregate, timestamp)
  }

  /** As in Kafka Streams, a window that the store no longer takes is counted and its result goes out all the same. */
  #put(key: K, start: number, aggregate: A | null, timestamp: number): void {
    if (!this.#store.put(key, aggregate, start, timestamp)) this.#context.drop('expired')
  }

  #emitClosed(latestStart: number, headers: Headers): void {
    for (const [key, { value, timestamp }] of this.#store.takeClosed(latestStart)) {
      this.#context.forward(streamRecord(key, change(value, null), timestamp, headers))
    }
  }

  #window(key: K, start: number): Windowed<K> {
    return windowed(key, start, start + this.#differenceMs)
  }

  #emitUpdate(key: Windowed<K>, update: Change<A>, timestamp: number, { headers }: StreamRecord): void {
    if (this.#isFinal) return
    const sent = this.#options.sendOldValues ? update : change(update.newValue, null)
    this.#context.forward(streamRecord(key, sent, timestamp, headers))
  }
}

function nothingAround<A>(): Surroundings<A> {
  return { holding: [], starts: new Set(), right: null, left: null, previous: null, isComplete: false }
}
