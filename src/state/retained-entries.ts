import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { ChangedEntries } from './changed-entries.ts'
import type { FinalResults } from './final-results.ts'
import type { KeyCodec, MapKey } from './key-codec.ts'
import { entryAt, positionOf, type KeyEntries, type RetainedEntry } from './retained-entry.ts'

/** Memory is freed a slice at a time: expired entries take at most one part in so many of what live ones do. */
const slicesPerRetention = 8

/** Stream time before the first entry. */
const noStreamTime = -1

/**
 * Entries per key and time that live as long as a retention, measured in stream time: the largest time that was ever put.
 * What windows, sessions and stream-stream joins keep their state in.
 *
 * Entries with `time < oldestLive` cannot be read, and putting one is refused, as in Kafka Streams' window and session stores.
 * Each key is noted under the slices of time that it has entries in; when a whole slice has expired, only the keys noted there
 * are touched.
 */
export class RetainedEntries<K, V> {
  readonly #codec: KeyCodec<K>
  readonly #retentionMs: number
  readonly #sliceMs: number
  readonly #finals: FinalResults<K, V> | null
  readonly #byKey = new Map<MapKey, KeyEntries<K, V>>()
  readonly #slices = new Map<number, Set<KeyEntries<K, V>>>()
  readonly #changed = new ChangedEntries<K, V, RetainedEntry<K, V>>()
  /** What was looked up last: whoever updates an entry asks twice for its key. */
  #recent: KeyEntries<K, V> | undefined
  #streamTime = noStreamTime
  #latestTimestamp = noStreamTime
  /** No slice has expired before `oldestLive` is here. */
  #nextSweep = Infinity
  #liveCount = 0

  /** @param finals told of every new entry; what it still holds does not expire */
  constructor(codec: KeyCodec<K>, retentionMs: number, finals: FinalResults<K, V> | null = null) {
    this.#codec = codec
    this.#finals = finals
    this.#retentionMs = retentionMs
    this.#sliceMs = Math.max(1, Math.ceil(retentionMs / slicesPerRetention))
  }

  get streamTime(): number {
    return this.#streamTime
  }

  /** Of all entries that were ever put or restored. */
  get latestTimestamp(): number {
    return this.#latestTimestamp
  }

  /** Time passes without an entry. */
  elapse(ms: number): void {
    if (this.#streamTime === noStreamTime) return
    this.#streamTime += ms
    if (this.oldestLive >= this.#nextSweep) this.#sweep()
  }

  /** The smallest time that can be read. */
  get oldestLive(): number {
    const oldest = this.#streamTime - this.#retentionMs + 1
    return this.#finals === null ? oldest : Math.min(oldest, this.#finals.heldFrom)
  }

  get(key: K, time: number, order: number = 0): ValueAndTimestamp<V> | null {
    if (time < this.oldestLive) return null
    const owner = this.#owner(this.#codec.mapKey(key))
    const entry = owner && entryAt(owner, time, order)
    return entry === undefined || entry.stored.value === null ? null : (entry.stored as ValueAndTimestamp<V>)
  }

  /** What `pick` makes of each entry of `key` with `from <= time <= to`, ascending by (time, order). */
  select<T>(
    key: K,
    from: number,
    to: number,
    pick: (entry: RetainedEntry<K, V>, stored: ValueAndTimestamp<V>) => T,
  ): T[] {
    const picked: T[] = []
    const entries = this.#byKey.get(this.#codec.mapKey(key))?.entries
    if (entries === undefined) return picked
    for (let at = positionOf(entries, Math.max(from, this.oldestLive), -Infinity); at < entries.length; at += 1) {
      const entry = entries[at]!
      if (entry.time > to) break
      if (entry.stored.value !== null) picked.push(pick(entry, entry.stored as ValueAndTimestamp<V>))
    }
    return picked
  }

  /** Ascending by (time, order, key bytes). */
  all(): { readonly key: K; readonly time: number; readonly order: number; readonly stored: ValueAndTimestamp<V> }[] {
    const found = [...this.#byKey.values()].flatMap(({ entries }) => {
      const live = entries.filter(({ time, stored }) => time >= this.oldestLive && stored.value !== null)
      return live.map(({ key, time, order, stored }) => ({
        key,
        sortKey: this.#codec.sortKey(key),
        time,
        order,
        stored: stored as ValueAndTimestamp<V>,
      }))
    })
    return found.sort((a, b) => a.time - b.time || a.order - b.order || (a.sortKey < b.sortKey ? -1 : 1))
  }

  /** False when the time is too old, and nothing changes then. A null value deletes. */
  put(key: K, time: number, stored: ValueAndTimestamp<V | null>, order: number = 0): boolean {
    const isNewest = time > this.#streamTime
    if (!this.#admit(time)) return false
    const entry = this.#write(key, time, stored, order)
    if (stored.value === null && !entry.logged) this.#forget(entry)
    else this.#changed.mark(entry)
    if (isNewest) this.#changed.moved(entry)
    return true
  }

  /** The same with what was read from the changelog. */
  restore(key: K, time: number, stored: ValueAndTimestamp<V | null>, order: number = 0): void {
    if (!this.#admit(time)) return
    const entry = this.#write(key, time, stored, order)
    entry.logged = true
    if (stored.value === null) this.#forget(entry)
  }

  /** Calls `log` once for each entry that changed and has not expired, in the order of their first change. */
  flush(log: (entry: RetainedEntry<K, V>) => void): void {
    this.#changed.flush(this.oldestLive, log, (entry) => this.#forget(entry))
  }

  get changedCount(): number {
    return this.#changed.count
  }

  get liveCount(): number {
    for (const [slice, owners] of this.#slices) {
      if (slice * this.#sliceMs < this.oldestLive) for (const owner of owners) this.#dropExpired(owner)
    }
    return this.#liveCount
  }

  #admit(time: number): boolean {
    if (time > this.#streamTime) {
      this.#streamTime = time
      if (this.oldestLive >= this.#nextSweep) this.#sweep()
    }
    return time >= this.oldestLive
  }

  #owner(mapKey: MapKey): KeyEntries<K, V> | undefined {
    if (this.#recent?.mapKey === mapKey) return this.#recent
    const owner = this.#byKey.get(mapKey)
    if (owner !== undefined) this.#recent = owner
    return owner
  }

  /** Its entry, with `stored` in it. A deletion of what is not there gives an entry that is in no list. */
  #write(key: K, time: number, stored: ValueAndTimestamp<V | null>, order: number): RetainedEntry<K, V> {
    const mapKey = this.#codec.mapKey(key)
    if (stored.timestamp > this.#latestTimestamp) this.#latestTimestamp = stored.timestamp
    const owner = this.#owner(mapKey) ?? { mapKey, entries: [], lastSlice: Number.NaN }
    const at = positionOf(owner.entries, time, order)
    const found = owner.entries[at]
    if (found !== undefined && found.time === time && found.order === order) {
      this.#liveCount += Number(stored.value !== null) - Number(found.stored.value !== null)
      found.stored = stored
      return found
    }
    const entry = { key, owner, time, order, stored, logged: false, changed: false }
    if (stored.value !== null) this.#insert(entry, at)
    return entry
  }

  #insert(entry: RetainedEntry<K, V>, at: number): void {
    const { owner, time } = entry
    if (owner.entries.length === 0) this.#byKey.set(owner.mapKey, owner)
    if (at === owner.entries.length) owner.entries.push(entry)
    else owner.entries.splice(at, 0, entry)
    this.#finals?.add(entry)
    this.#liveCount += 1
    const slice = Math.floor(time / this.#sliceMs)
    if (slice !== owner.lastSlice) this.#note(owner, slice)
  }

  #note(owner: KeyEntries<K, V>, slice: number): void {
    owner.lastSlice = slice
    const owners = this.#slices.get(slice)
    if (owners !== undefined) {
      owners.add(owner)
      return
    }
    this.#slices.set(slice, new Set([owner]))
    this.#nextSweep = Math.min(this.#nextSweep, (slice + 1) * this.#sliceMs)
  }

  #sweep(): void {
    this.#nextSweep = Infinity
    for (const [slice, owners] of this.#slices) {
      const end = (slice + 1) * this.#sliceMs
      if (end > this.oldestLive) {
        this.#nextSweep = Math.min(this.#nextSweep, end)
        continue
      }
      this.#slices.delete(slice)
      for (const owner of owners) this.#dropExpired(owner)
    }
  }

  #dropExpired(owner: KeyEntries<K, V>): void {
    const { entries, mapKey } = owner
    const expired = entries.splice(0, positionOf(entries, this.oldestLive, -Infinity))
    for (const entry of expired) {
      this.#changed.unmark(entry)
      if (entry.stored.value !== null) this.#liveCount -= 1
    }
    // A key that came back after its list had emptied has a new list.
    if (entries.length > 0 || this.#byKey.get(mapKey) !== owner) return
    this.#byKey.delete(mapKey)
    if (this.#recent === owner) this.#recent = undefined
  }

  /** Takes a deleted entry out of its list. */
  #forget(entry: RetainedEntry<K, V>): void {
    this.#changed.unmark(entry)
    const { entries } = entry.owner
    const at = positionOf(entries, entry.time, entry.order)
    if (entries[at] === entry) entries.splice(at, 1)
  }
}
