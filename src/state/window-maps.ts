import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { ChangedEntries } from './changed-entries.ts'
import type { FinalResults } from './final-results.ts'
import { compareText, type KeyCodec, type MapKey } from './key-codec.ts'
import type { HeldEntry } from './retained-entry.ts'

/** Stream time before the first entry. */
const noStreamTime = -1

type WindowMap<K, V> = Map<MapKey, HeldEntry<K, V>>

/**
 * `RetainedEntries` for windows that start at few different times, as tumbling and hopping ones do: a map of keys for each start.
 * An update asks one map, which is small and the same for all that come near in time, and a window that has expired goes with
 * its map, without a look for its keys. With entries by key first, both cost about a microsecond more (docs/performance.md).
 */
export class WindowMaps<K, V> {
  readonly #codec: KeyCodec<K>
  readonly #retentionMs: number
  readonly #finals: FinalResults<K, V> | null
  readonly #byStart = new Map<number, WindowMap<K, V>>()
  readonly #changed = new ChangedEntries<K, V>()
  #recentStart = Number.NaN
  #recent: WindowMap<K, V> | undefined
  #streamTime = noStreamTime
  #latestTimestamp = noStreamTime
  #oldestStart = Infinity
  #liveCount = 0

  /** @param finals told of every new entry; what it still holds does not expire */
  constructor(codec: KeyCodec<K>, retentionMs: number, finals: FinalResults<K, V> | null) {
    this.#codec = codec
    this.#finals = finals
    this.#retentionMs = retentionMs
  }

  get streamTime(): number {
    return this.#streamTime
  }

  get latestTimestamp(): number {
    return this.#latestTimestamp
  }

  elapse(ms: number): void {
    if (this.#streamTime === noStreamTime) return
    this.#streamTime += ms
    this.#sweep()
  }

  /** The smallest start that can be read. */
  get oldestLive(): number {
    const oldest = this.#streamTime - this.#retentionMs + 1
    return this.#finals === null ? oldest : Math.min(oldest, this.#finals.heldFrom)
  }

  get(key: K, start: number): ValueAndTimestamp<V> | null {
    if (start < this.oldestLive) return null
    const stored = this.#mapAt(start)?.get(this.#codec.mapKey(key))?.stored
    return stored === undefined || stored.value === null ? null : (stored as ValueAndTimestamp<V>)
  }

  /** What `pick` makes of each window of `key` with `from <= start <= to`, ascending by start. */
  select<T>(key: K, from: number, to: number, pick: (entry: HeldEntry<K, V>, stored: ValueAndTimestamp<V>) => T): T[] {
    const mapKey = this.#codec.mapKey(key)
    const first = Math.max(from, this.oldestLive)
    return [...this.#byStart]
      .filter(([start, map]) => start >= first && start <= to && map.has(mapKey))
      .sort(([a], [b]) => a - b)
      .map(([, map]) => map.get(mapKey)!)
      .filter(({ stored }) => stored.value !== null)
      .map((entry) => pick(entry, entry.stored as ValueAndTimestamp<V>))
  }

  /** Ascending by (start, key bytes). */
  all(): { readonly key: K; readonly time: number; readonly stored: ValueAndTimestamp<V> }[] {
    const { oldestLive } = this
    const starts = [...this.#byStart].filter(([start]) => start >= oldestLive).sort(([a], [b]) => a - b)
    return starts.flatMap(([time, map]) =>
      [...map.values()]
        .filter(({ stored }) => stored.value !== null)
        .map(({ key, stored }) => ({
          key,
          time,
          stored: stored as ValueAndTimestamp<V>,
          sortKey: this.#codec.sortKey(key),
        }))
        .sort((a, b) => compareText(a.sortKey, b.sortKey)),
    )
  }

  /** False when the start is too old, and nothing changes then. A null value deletes. */
  put(key: K, start: number, stored: ValueAndTimestamp<V | null>): boolean {
    const isNewest = start > this.#streamTime
    if (!this.#admit(start)) return false
    const entry = this.#write(key, start, stored)
    if (stored.value === null && !entry.logged) this.#forget(entry)
    else this.#changed.mark(entry)
    if (isNewest) this.#changed.moved(entry)
    return true
  }

  /** The same with what was read from the changelog. */
  restore(key: K, start: number, stored: ValueAndTimestamp<V | null>): void {
    if (!this.#admit(start)) return
    const entry = this.#write(key, start, stored)
    entry.logged = true
    if (stored.value === null) this.#forget(entry)
  }

  /** Calls `log` once for each entry that changed and has not expired, in the order of their first change. */
  flush(log: (entry: HeldEntry<K, V>) => void): void {
    this.#changed.flush(this.oldestLive, log, (entry) => this.#forget(entry))
  }

  get changedCount(): number {
    return this.#changed.count
  }

  get liveCount(): number {
    this.#sweep()
    return this.#liveCount
  }

  #admit(start: number): boolean {
    if (start > this.#streamTime) {
      this.#streamTime = start
      this.#sweep()
    }
    return start >= this.oldestLive
  }

  #mapAt(start: number): WindowMap<K, V> | undefined {
    if (start === this.#recentStart) return this.#recent
    const map = this.#byStart.get(start)
    if (map === undefined) return undefined
    this.#recentStart = start
    return (this.#recent = map)
  }

  /** Its entry, with `stored` in it. A deletion of what is not there gives an entry that is in no map. */
  #write(key: K, time: number, stored: ValueAndTimestamp<V | null>): HeldEntry<K, V> {
    const mapKey = this.#codec.mapKey(key)
    if (stored.timestamp > this.#latestTimestamp) this.#latestTimestamp = stored.timestamp
    const found = this.#mapAt(time)?.get(mapKey)
    if (found !== undefined) {
      this.#liveCount += Number(stored.value !== null) - Number(found.stored.value !== null)
      found.stored = stored
      return found
    }
    const entry = { key, time, order: 0, stored, logged: false, changed: false }
    if (stored.value !== null) this.#insert(mapKey, entry)
    return entry
  }

  #insert(mapKey: MapKey, entry: HeldEntry<K, V>): void {
    let map = this.#mapAt(entry.time)
    if (map === undefined) {
      this.#byStart.set(entry.time, (map = new Map()))
      this.#oldestStart = Math.min(this.#oldestStart, entry.time)
    }
    map.set(mapKey, entry)
    this.#finals?.add(entry)
    this.#liveCount += 1
  }

  #sweep(): void {
    const { oldestLive } = this
    if (this.#oldestStart >= oldestLive) return
    this.#recentStart = Number.NaN
    this.#oldestStart = Infinity
    for (const [start, map] of this.#byStart) {
      if (start >= oldestLive) {
        this.#oldestStart = Math.min(this.#oldestStart, start)
        continue
      }
      this.#byStart.delete(start)
      for (const entry of map.values()) {
        this.#changed.unmark(entry)
        if (entry.stored.value !== null) this.#liveCount -= 1
      }
    }
  }

  /** Takes a deleted entry out of its map. */
  #forget(entry: HeldEntry<K, V>): void {
    this.#changed.unmark(entry)
    const map = this.#mapAt(entry.time)
    const mapKey = this.#codec.mapKey(entry.key)
    if (map?.get(mapKey) === entry) map.delete(mapKey)
  }
}
