import type { OverLog, OverLogFollower } from '../state/over-store.ts'
import type { InvertibleAggregate } from '../topology/functions.ts'

/** The window of one range at time t: entries with `t - delayMs - spanMs < time <= t - delayMs`. */
export interface OverSpan {
  readonly delayMs: number
  readonly spanMs: number
}

/** The entries [from, to) of the log and their aggregate. */
interface Window {
  from: number
  to: number
  aggregate: unknown
}

/** All windows as they stand at one time. */
interface Cursor {
  time: number
  readonly windows: readonly Window[]
}

/** More would serve wilder disorder, and cost an `add` each when a record falls into their windows. */
const cursorsMax = 4

/**
 * The moving windows of one key.
 *
 * 1. Invariant: `windows[i]` of a cursor at time T holds exactly the entries of the log in span i at T.
 * 2. Cursors are ordered by time. A record at t is served by the last cursor at or before t, which moves forward to t.
 *    So one cursor follows the newest record and the others follow what comes late: up to `cursorsMax` interleaved
 *    ordered streams cost O(1) per record. With one cursor going there and back, two sources of one key with a lag
 *    between them would cost the entries in that lag for every record.
 * 3. A record before all cursors gets a new one; when there are `cursorsMax`, the earliest moves back.
 * 4. A move costs at most the entries that its windows lose and gain, and never more than building them anew.
 *
 * Cursors are a cache of the log: they may be cleared at any time.
 */
export class OverCursors<V> implements OverLogFollower {
  readonly #log: OverLog<V>
  readonly #spans: readonly OverSpan[]
  readonly #aggregate: InvertibleAggregate<V>
  /** Ascending by time. */
  readonly #cursors: Cursor[] = []

  constructor(log: OverLog<V>, spans: readonly OverSpan[], aggregate: InvertibleAggregate<V>) {
    this.#log = log
    this.#spans = spans
    this.#aggregate = aggregate
  }

  /** The aggregate of each span at `time`, not to be kept. */
  at(time: number): readonly { readonly aggregate: unknown }[] {
    const cursor = this.#cursorFor(time)
    cursor.time = time
    for (let i = 0; i < cursor.windows.length; i++) this.#slide(cursor.windows[i]!, this.#spans[i]!, time)
    return cursor.windows
  }

  /** After `value` was put into the log: it may lie in or before windows that stand already. */
  inserted(time: number, value: V): void {
    for (const cursor of this.#cursors) {
      for (let i = 0; i < cursor.windows.length; i++) {
        const window = cursor.windows[i]!
        const { delayMs, spanMs } = this.#spans[i]!
        const last = cursor.time - delayMs
        if (time > last) continue
        window.to++
        if (time <= last - spanMs) window.from++
        else window.aggregate = this.#aggregate.add(window.aggregate, value)
      }
    }
  }

  forgetting(head: number): void {
    try {
      for (const { windows } of this.#cursors) for (const window of windows) this.#forget(window, head)
    } catch {
      // The user's `subtract` failed on a value that no result will cover again: the windows are built anew without it.
      this.clear()
    }
  }

  clear(): void {
    this.#cursors.length = 0
  }

  #cursorFor(time: number): Cursor {
    for (let i = this.#cursors.length - 1; i >= 0; i--) {
      const cursor = this.#cursors[i]!
      if (cursor.time <= time) return cursor
    }
    if (this.#cursors.length === cursorsMax) return this.#cursors[0]!
    const { head } = this.#log
    const cursor = {
      time,
      windows: this.#spans.map(() => ({ from: head, to: head, aggregate: this.#aggregate.init() })),
    }
    this.#cursors.unshift(cursor)
    return cursor
  }

  #slide(window: Window, { delayMs, spanMs }: OverSpan, time: number): void {
    const to = this.#log.positionAfter(time - delayMs, window.to)
    const from = this.#log.positionAfter(time - delayMs - spanMs, window.from)
    const moved = Math.abs(to - window.to) + Math.abs(from - window.from)
    if (moved === 0) return
    if (to - from <= moved) {
      // Also what makes an empty window exactly `init()`, without what rounding left behind.
      window.aggregate = this.#aggregate.init()
      this.#add(window, from, to)
    } else {
      this.#add(window, window.to, to)
      this.#add(window, from, window.from)
      this.#subtract(window, window.from, from)
      this.#subtract(window, to, window.to)
    }
    window.from = from
    window.to = to
  }

  #forget(window: Window, head: number): void {
    if (window.to <= head) {
      window.aggregate = this.#aggregate.init()
    } else {
      this.#subtract(window, window.from, head)
    }
    window.from = Math.max(window.from, head)
    window.to = Math.max(window.to, head)
  }

  #add(window: Window, from: number, to: number): void {
    for (let at = from; at < to; at++) window.aggregate = this.#aggregate.add(window.aggregate, this.#log.valueAt(at))
  }

  #subtract(window: Window, from: number, to: number): void {
    for (let at = from; at < to; at++)
      window.aggregate = this.#aggregate.subtract(window.aggregate, this.#log.valueAt(at))
  }
}
