import { noHeaders, streamRecord, type Headers, type StreamRecord } from '../core/stream-record.ts'
import type { StreamJoinStore } from '../state/stream-join-store.ts'
import type { JoinSide, UnmatchedEntry, UnmatchedStore } from '../state/unmatched-store.ts'
import type { ValueJoiner } from '../topology/functions.ts'
import type { JoinWindows } from '../topology/windows.ts'
import { keepsUnmatched, type JoinType } from './join-type.ts'
import { elapsed, type Operator, type OperatorContext } from './operator.ts'
import type { StreamJoinTime } from './stream-join-time.ts'

export interface StreamJoinOptions {
  readonly type: JoinType
  readonly side: JoinSide
  readonly joiner: ValueJoiner
  readonly windows: JoinWindows
  /** False where the other side of a self join has put the record into the store that both read. */
  readonly storesOwn: boolean
}

export interface StreamJoinDeps<K, Own, Other> {
  readonly ownStore: StreamJoinStore<K, Own>
  readonly otherStore: StreamJoinStore<K, Other>
  /** Shared with the other side; null for inner joins. */
  readonly unmatched: UnmatchedStore<K, unknown, unknown> | null
  /** Shared with the other side. */
  readonly time: StreamJoinTime
}

/**
 * One side of a windowed join of two streams (Kafka Streams: KStreamKStreamJoin and, for storing,
 * KStreamJoinWindow).
 *
 * A record is stored after it was joined, so that equal records of a self join do not meet twice. A result has the
 * larger of both timestamps and the headers of the record that completed it. How late a record may be is up to the
 * stores' retention alone. A null value is dropped; a null key too, unless this side keeps unmatched records
 * (KIP-962).
 *
 * Unmatched records of left and outer joins wait in one store for both sides. They come out in its order, with
 * their own timestamps, when a record of either side brings stream time to or beyond its largest and their windows
 * plus grace lie before it. Two peculiarities of Kafka Streams are kept: see `#joinOrWait` and `#emitClosed`.
 */
export class StreamJoinOperator<K, Own, Other, Out> implements Operator<K | null, Own | null, K | null, Out> {
  readonly #side: JoinSide
  readonly #otherSide: JoinSide
  readonly #joiner: ValueJoiner
  readonly #windows: JoinWindows
  /** How far the other side's records may lie before and after ours. */
  readonly #beforeMs: number
  readonly #afterMs: number
  readonly #keepsUnmatched: boolean
  readonly #storesOwn: boolean
  readonly #ownStore: StreamJoinStore<K, Own>
  readonly #otherStore: StreamJoinStore<K, Other>
  readonly #unmatched: UnmatchedStore<K, unknown, unknown> | null
  readonly #time: StreamJoinTime
  #context!: OperatorContext<K | null, Out>

  constructor(options: StreamJoinOptions, deps: StreamJoinDeps<K, Own, Other>) {
    const { side, windows } = options
    const isLeft = side === 'left'
    this.#side = side
    this.#otherSide = isLeft ? 'right' : 'left'
    this.#joiner = options.joiner
    this.#windows = windows
    this.#storesOwn = options.storesOwn
    this.#beforeMs = isLeft ? windows.beforeMs : windows.afterMs
    this.#afterMs = isLeft ? windows.afterMs : windows.beforeMs
    this.#keepsUnmatched = keepsUnmatched(options.type, side)
    this.#ownStore = deps.ownStore
    this.#otherStore = deps.otherStore
    this.#unmatched = deps.unmatched
    this.#time = deps.time
  }

  init(context: OperatorContext<K | null, Out>): void {
    this.#context = context
  }

  process(record: StreamRecord<K | null, Own | null>): void {
    const { key, value, timestamp, headers } = record
    this.#time.advance(timestamp)
    if (value === null) return this.#context.drop(key === null ? 'null-key' : 'null-value')
    if (key === null) return this.#processWithoutKey(value, timestamp, headers)
    if (timestamp === this.#time.streamTime) this.#emitClosed(headers)
    this.#joinOrWait(key, value, timestamp, headers)
    if (this.#storesOwn && !this.#ownStore.put(key, value, timestamp)) this.#context.drop('expired')
  }

  /** Time is shared by both sides: the left one moves it. */
  elapse(ms: number): void {
    if (this.#side === 'right') return
    const latest = Math.max(this.#ownStore.latestTimestamp, this.#otherStore.latestTimestamp)
    this.#time.streamTime = elapsed(this.#time.streamTime, latest, ms)
    this.#emitAllClosed()
  }

  get isHolding(): boolean {
    return this.#unmatched !== null && !this.#unmatched.isEmpty
  }

  #processWithoutKey(value: Own, timestamp: number, headers: Headers): void {
    if (!this.#keepsUnmatched) return this.#context.drop('null-key')
    this.#forward(null, this.#joined(this.#side, null, value, null), timestamp, headers)
  }

  #joinOrWait(key: K, value: Own, timestamp: number, headers: Headers): void {
    const from = Math.max(0, timestamp - this.#beforeMs)
    const to = Math.max(0, timestamp + this.#afterMs)
    // All are joined before the first goes out: a joiner that throws has changed nothing.
    const matches: (readonly [timestamp: number, result: Out])[] = []
    for (const [otherTimestamp, other] of this.#otherStore.fetch(key, from, to)) {
      matches.push([otherTimestamp, this.#joined(this.#side, key, value, other)])
    }
    for (const [otherTimestamp, result] of matches) {
      this.#unmatched?.delete(otherTimestamp, this.#otherSide, key)
      this.#forward(key, result, Math.max(timestamp, otherTimestamp), headers)
    }
    if (matches.length > 0 || !this.#keepsUnmatched) return
    // Kafka Streams does not add the grace here: a late record goes out unmatched at once, though a match that still
    // comes within the grace is then emitted too.
    if (this.#unmatched === null || to < this.#time.streamTime) {
      return this.#forward(key, this.#joined(this.#side, key, value, null), timestamp, headers)
    }
    this.#time.addUnmatched(timestamp)
    this.#unmatched.add(timestamp, this.#side, key, value)
  }

  /**
   * Emits what can no longer find a match. As in Kafka Streams, whether to look at all is decided by the window of
   * the side that is processing, and `unmatchedSince` ends at the last entry looked at, closed or not: results of
   * asymmetric windows, and those behind an entry that is still open, may come later than they could.
   */
  #emitClosed(headers: Headers): void {
    const time = this.#time
    if (this.#unmatched === null) return
    if (time.unmatchedSince !== null && this.#isOpen(time.unmatchedSince, this.#afterMs)) return
    const since = time.unmatchedSince
    time.unmatchedSince = null
    try {
      this.#emitEntries(headers)
    } catch (error) {
      time.unmatchedSince = since // the entry is still there, and looked at again with the next record
      throw error
    }
  }

  #emitEntries(headers: Headers): void {
    const time = this.#time
    const open = { left: false, right: false }
    for (const entry of this.#unmatched!.entries()) {
      time.unmatchedSince = entry.timestamp
      if (open.left && open.right) break
      if (this.#isOpen(entry.timestamp, entry.side === 'left' ? this.#windows.afterMs : this.#windows.beforeMs)) {
        open[entry.side] = true
        // Kafka Streams looks at each value (ListValueStore): at the second one it stops here, and not at the next entry.
        if (open.left && open.right && entry.values.length > 1) break
      } else {
        this.#emitUnmatched(entry, headers)
      }
    }
  }

  /** None of Kafka Streams' peculiarities, which leave results waiting for records that do not come. */
  #emitAllClosed(): void {
    if (this.#unmatched === null) return
    const { beforeMs, afterMs } = this.#windows
    for (const entry of this.#unmatched.entries()) {
      if (this.#isOpen(entry.timestamp, Math.min(beforeMs, afterMs))) break
      if (!this.#isOpen(entry.timestamp, entry.side === 'left' ? afterMs : beforeMs)) {
        this.#emitUnmatched(entry, noHeaders)
      }
    }
  }

  #isOpen(timestamp: number, afterMs: number): boolean {
    return timestamp + afterMs + this.#windows.graceMs >= this.#time.streamTime
  }

  #emitUnmatched({ timestamp, side, key, values }: UnmatchedEntry<K, unknown, unknown>, headers: Headers): void {
    const results = values.map((value) => this.#joined(side, key, value, null))
    for (const result of results) this.#forward(key, result, timestamp, headers)
    this.#unmatched?.delete(timestamp, side, key)
  }

  #joined(side: JoinSide, key: K | null, value: unknown, other: unknown): Out {
    return (side === 'left' ? this.#joiner(value, other, key) : this.#joiner(other, value, key)) ?? null
  }

  #forward(key: K | null, result: Out, timestamp: number, headers: Headers): void {
    this.#context.forward(streamRecord(key, result, timestamp, headers))
  }
}
