import type { Change } from '../core/change.ts'
import { StateError } from '../core/errors.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { Windowed } from '../core/windowed.ts'
import type { BufferedChange, SuppressStore } from '../state/suppress-store.ts'
import { elapsed, noStreamTime, type Operator, type OperatorContext } from './operator.ts'

export interface SuppressOptions {
  /** `window-close`: keys are windowed; hold until the window's end + `durationMs`. `time-limit`: hold `durationMs`. */
  readonly until: 'window-close' | 'time-limit'
  readonly durationMs: number
  /** Null: unbounded. */
  readonly maxRecords: number | null
  /** Null: unbounded. */
  readonly maxBytes: number | null
  readonly onFull: 'emit' | 'fail'
}

/**
 * Holds a table's changes back, keeping the latest of each key (Kafka Streams: KTableSuppressProcessor, KIP-328).
 *
 * Only a record of this operator moves its stream time (or idle time, `elapse`); what is due then goes out in the order of (buffer time, key
 * bytes), with the latest update's timestamp. `window-close` keeps tombstones to itself: downstream never saw a value
 * to delete. The end of a sliding window is inclusive, so it closes 1 ms early, as in Kafka Streams.
 */
export class SuppressOperator<K, V> implements Operator<K, Change<V>, K, Change<V>> {
  readonly #options: SuppressOptions
  readonly #store: SuppressStore<K, V>
  #context!: OperatorContext<K, Change<V>>
  #streamTime = noStreamTime

  constructor(options: SuppressOptions, deps: { readonly store: SuppressStore<K, V> }) {
    this.#options = options
    this.#store = deps.store
  }

  init(context: OperatorContext<K, Change<V>>): void {
    this.#context = context
  }

  /** @throws StateError `MILLRACE_BUFFER_FULL` when the buffer is over a limit and `onFull` is `fail` */
  process(record: StreamRecord<K, Change<V>>): void {
    const { key, value, timestamp, headers } = record
    this.#streamTime = Math.max(this.#streamTime, timestamp)
    const bufferTime = this.#options.until === 'window-close' ? (key as Windowed<unknown>).window.end : timestamp
    this.#store.put(bufferTime, { key, change: value, timestamp, headers })
    this.#emitDue()
    if (!this.#isOverLimit()) return
    if (this.#options.onFull === 'fail') throw this.#bufferFull()
    this.#emitWhile(() => this.#isOverLimit())
  }

  elapse(ms: number): void {
    this.#streamTime = elapsed(this.#streamTime, this.#store.latestTimestamp, ms)
    this.#emitDue()
  }

  get isHolding(): boolean {
    return this.#store.recordCount > 0
  }

  #emitDue(): void {
    const dueTime = this.#streamTime - this.#options.durationMs
    this.#emitWhile((bufferTime) => bufferTime <= dueTime)
  }

  /** An entry leaves the buffer after it was forwarded: until then the views of tables below show what it replaces. */
  #emitWhile(isDue: (bufferTime: number) => boolean): void {
    for (let first = this.#store.first(); first !== null && isDue(first.bufferTime); first = this.#store.first()) {
      this.#emit(first.update)
      this.#store.removeFirst()
    }
  }

  #emit({ key, change, timestamp, headers }: BufferedChange<K, V>): void {
    if (change.newValue === null && this.#options.until === 'window-close') return
    this.#context.forward(streamRecord(key, change, timestamp, headers))
  }

  #isOverLimit(): boolean {
    const { maxRecords, maxBytes } = this.#options
    if (maxRecords !== null && this.#store.recordCount > maxRecords) return true
    return maxBytes !== null && this.#store.byteCount > maxBytes
  }

  #bufferFull(): StateError {
    const { maxRecords, maxBytes } = this.#options
    const { nodeName } = this.#context
    const records = `${this.#store.recordCount} records (limit ${maxRecords ?? 'none'})`
    const bytes = `${this.#store.byteCount} bytes (limit ${maxBytes ?? 'none'})`
    const remedy = 'Raise its limit, hold back for a shorter time, or let it emit early when full'
    const message = `the buffer of ${nodeName} is full: it holds ${records} and ${bytes}. ${remedy}`
    return new StateError(message, { code: 'MILLRACE_BUFFER_FULL', nodeName })
  }
}
