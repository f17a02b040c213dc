import { Heap } from '../core/heap.ts'
import { readInt64, writeInt64 } from './changelog-keys.ts'
import { asBuffer, compareText, type KeyCodec } from './key-codec.ts'
import type { HeldEntry } from './retained-entry.ts'
import type { ChangelogSink } from './state-store.ts'

/*
 * Both keys are shorter than the times in a changelog key, so that no window's or session's key can equal them. Values are times.
 */
const closedKey = 'closed'
const takenKey = 'taken'

/**
 * Which windows or sessions of a store went out as final results, and which still wait (KIP-825, emit on window close).
 *
 * Entries are taken in the order (time, order, key bytes), each once. Two facts go to the changelog:
 * 1. `closed`, how far time had closed them, together with the entries: a restarted task holds for late what its state held for late.
 * 2. `taken`, how far results went out, but only once a commit has made that certain: were it written together with the results, a
 *    crash that kept this record and lost the results would lose them for good (at least once). Kafka Streams keeps it with
 *    the committed offsets for the same reason.
 * Nothing that was not surely emitted may expire, however far stream time has jumped (`heldFrom`, ADR 0006).
 */
export class FinalResults<K, V> {
  readonly #codec: KeyCodec<K>
  readonly #times = new Heap<number>((a, b) => a - b)
  readonly #byTime = new Map<number, HeldEntry<K, V>[]>()
  #lastClosed = -Infinity
  #loggedClosed = -Infinity
  #lastTaken = -Infinity
  /** As of the last commit. */
  #committedTaken = -Infinity
  #loggedTaken = -Infinity

  constructor(codec: KeyCodec<K>) {
    this.#codec = codec
  }

  /** Everything with this time or an earlier one is closed; -Infinity at first. */
  get lastClosed(): number {
    return this.#lastClosed
  }

  /** The time of the first entry that `take` has yet to give; Infinity: none waits. */
  get firstWaiting(): number {
    return this.#times.first ?? Infinity
  }

  /** Entries at or after it must be kept. */
  get heldFrom(): number {
    return this.#committedTaken + 1
  }

  /** Records that wait for `flush`. */
  get changedCount(): number {
    return Number(this.#lastClosed !== this.#loggedClosed) + Number(this.#committedTaken !== this.#loggedTaken)
  }

  add(entry: HeldEntry<K, V>): void {
    const { time } = entry
    if (time <= this.#lastTaken) return
    const entries = this.#byTime.get(time)
    if (entries !== undefined) {
      entries.push(entry)
      return
    }
    this.#byTime.set(time, [entry])
    this.#times.push(time)
  }

  /** Closes everything up to `latest`, and gives the entries that were not taken before and are not deleted. */
  take(latest: number): HeldEntry<K, V>[] {
    if (latest < 0) return []
    const taken: HeldEntry<K, V>[] = []
    while (this.firstWaiting <= latest) taken.push(...this.#inOrder(this.#takeFirst()))
    if (latest > this.#lastClosed) this.#lastClosed = latest
    if (taken.length > 0) this.#lastTaken = latest
    return taken
  }

  committed(): void {
    this.#committedTaken = this.#lastTaken
  }

  flush(sink: ChangelogSink): void {
    if (this.#lastClosed !== this.#loggedClosed) log(sink, closedKey, this.#lastClosed)
    if (this.#committedTaken !== this.#loggedTaken) log(sink, takenKey, this.#committedTaken)
    this.#loggedClosed = this.#lastClosed
    this.#loggedTaken = this.#committedTaken
  }

  /** False when the record is not one of these. */
  restore(key: Uint8Array, value: Uint8Array | null): boolean {
    if (key.length > closedKey.length || value === null) return false
    const time = readInt64(asBuffer(value), 0)
    if (asBuffer(key).toString('ascii') === closedKey) {
      this.#lastClosed = this.#loggedClosed = time
      return true
    }
    this.#lastTaken = this.#committedTaken = this.#loggedTaken = time
    while (this.firstWaiting <= time) this.#takeFirst()
    return true
  }

  #takeFirst(): HeldEntry<K, V>[] {
    const time = this.#times.pop()!
    const entries = this.#byTime.get(time)!
    this.#byTime.delete(time)
    return entries
  }

  /** Of one time. */
  #inOrder(entries: readonly HeldEntry<K, V>[]): HeldEntry<K, V>[] {
    return entries
      .filter(({ stored }) => stored.value !== null)
      .map((entry) => ({ entry, sortKey: this.#codec.sortKey(entry.key) }))
      .sort((a, b) => a.entry.order - b.entry.order || compareText(a.sortKey, b.sortKey))
      .map(({ entry }) => entry)
  }
}

function log(sink: ChangelogSink, key: string, time: number): void {
  const bytes = Buffer.allocUnsafe(8)
  writeInt64(bytes, time, 0)
  sink(Buffer.from(key, 'ascii'), bytes, time)
}
