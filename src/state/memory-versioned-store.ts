import { valueAndTimestamp, type ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { keyCodec, type KeyCodec, type MapKey } from './key-codec.ts'
import type { PutOutcome } from './key-value-store.ts'
import { SortedSet } from './sorted-set.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'
import type { VersionedStore } from './versioned-store.ts'
import { indexAsOf, insertVersion, type Version } from './versions.ts'

interface Entry<K, V> {
  readonly key: K
  readonly mapKey: MapKey
  /** Tells entries apart that are due at the same time. */
  readonly ordinal: number
  /** Ascending by timestamp, each once; the last is the latest. */
  readonly versions: Version<V>[]
  /** Stream time at which it will have something to forget; Infinity: nothing yet. */
  dueAt: number
  /** Timestamps of versions that the changelog does not know. */
  changed: Set<number> | null
}

/** A version may stay this part of the history longer than it must, so that many are forgotten at a time. */
const slackParts = 8

/**
 * Changelog: key bytes, value bytes (null: deleted at that time), record timestamp = the version's; as Kafka Streams', with one
 * difference: after an out-of-order version the latest one is written again. Compaction keeps the last record of a key, which
 * would otherwise be the older one once the topic's `min.compaction.lag.ms` has passed.
 */
export class MemoryVersionedStore<K, V> implements VersionedStore<K, V> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, V>
  readonly #codec: KeyCodec<K>
  readonly #historyRetentionMs: number
  readonly #entries = new Map<MapKey, Entry<K, V>>()
  readonly #due = new SortedSet<Entry<K, V>>((a, b) => a.dueAt - b.dueAt || a.ordinal - b.ordinal)
  readonly #changed = new Set<Entry<K, V>>()
  readonly #isLogged: boolean
  #changedCount = 0
  #liveCount = 0
  #nextOrdinal = 0
  #streamTime = -Infinity

  constructor(
    name: string,
    serdes: StoreSerdes<K, V>,
    options: { readonly historyRetentionMs: number; readonly isLogged?: boolean },
  ) {
    this.name = name
    this.#serdes = serdes
    this.#codec = keyCodec(serdes.key)
    this.#historyRetentionMs = options.historyRetentionMs
    this.#isLogged = options.isLogged ?? true
  }

  get(key: K): ValueAndTimestamp<V> | null {
    const entry = this.#entries.get(this.#codec.mapKey(key))
    return entry === undefined ? null : present(entry.versions.at(-1))
  }

  getAsOf(key: K, time: number): ValueAndTimestamp<V> | null {
    const versions = this.#entries.get(this.#codec.mapKey(key))?.versions
    if (versions === undefined) return null
    const index = indexAsOf(versions, time)
    const isLatest = index === versions.length - 1
    return isLatest || time >= this.#streamTime - this.#historyRetentionMs ? present(versions[index]) : null
  }

  put(key: K, value: V, timestamp: number): PutOutcome | undefined {
    return this.#put(key, value, timestamp)
  }

  delete(key: K, timestamp: number): PutOutcome | undefined {
    return this.#put(key, null, timestamp)
  }

  *range(from: K | null, to: K | null): Iterable<readonly [K, ValueAndTimestamp<V>]> {
    const first = from === null ? null : this.#codec.sortKey(from)
    const last = to === null ? null : this.#codec.sortKey(to)
    const inside: { readonly key: K; readonly sortKey: string; readonly stored: ValueAndTimestamp<V> }[] = []
    for (const { key, versions } of this.#entries.values()) {
      const stored = present(versions.at(-1))
      if (stored === null) continue
      const sortKey = this.#codec.sortKey(key)
      const isInside = (first === null || sortKey >= first) && (last === null || sortKey <= last)
      if (isInside) inside.push({ key, sortKey, stored })
    }
    inside.sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1))
    for (const { key, stored } of inside) yield [key, stored]
  }

  all(): Iterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.range(null, null)
  }

  elapse(ms: number): void {
    this.#advance(this.#streamTime + ms)
  }

  flushChangelog(sink: ChangelogSink): void {
    const { key, value } = this.#serdes
    for (const entry of this.#changed) {
      const keyBytes = key.serialize(entry.key)
      for (const version of entry.versions) {
        if (!entry.changed!.has(version.timestamp)) continue
        sink(keyBytes, version.value === null ? null : value.serialize(version.value), version.timestamp)
      }
      entry.changed = null
      this.#schedule(entry)
    }
    this.#changed.clear()
    this.#changedCount = 0
    this.#forgetDue()
  }

  /** Takes any order: what was accepted once is not refused because another key is ahead. */
  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    const value = valueBytes === null ? null : this.#serdes.value.deserialize(valueBytes)
    this.#write(this.#entryOf(this.#serdes.key.deserialize(keyBytes)), value, timestamp)
    this.#advance(timestamp)
  }

  get changedCount(): number {
    return this.#changedCount
  }

  get entryCount(): number {
    return this.#liveCount
  }

  #put(key: K, value: V | null, timestamp: number): PutOutcome | undefined {
    if (timestamp < this.#streamTime - this.#historyRetentionMs) return 'expired'
    const entry = this.#entryOf(key)
    const isLatest = this.#write(entry, value, timestamp)
    this.#markChanged(entry, timestamp)
    if (!isLatest) this.#markChanged(entry, entry.versions.at(-1)!.timestamp)
    this.#advance(timestamp)
    return isLatest ? undefined : 'out-of-order'
  }

  #entryOf(key: K): Entry<K, V> {
    const mapKey = this.#codec.mapKey(key)
    let entry = this.#entries.get(mapKey)
    if (entry === undefined) {
      entry = { key, mapKey, ordinal: this.#nextOrdinal++, versions: [], dueAt: Infinity, changed: null }
      this.#entries.set(mapKey, entry)
    }
    return entry
  }

  /** True when the version is now the latest. */
  #write(entry: Entry<K, V>, value: V | null, timestamp: number): boolean {
    const wasLive = present(entry.versions.at(-1)) !== null
    const isLatest = insertVersion(entry.versions, valueAndTimestamp(value, timestamp))
    this.#liveCount += Number(present(entry.versions.at(-1)) !== null) - Number(wasLive)
    this.#schedule(entry)
    return isLatest
  }

  #markChanged(entry: Entry<K, V>, timestamp: number): void {
    if (!this.#isLogged) return
    entry.changed ??= new Set()
    if (!entry.changed.has(timestamp)) this.#changedCount += 1
    entry.changed.add(timestamp)
    this.#changed.add(entry)
  }

  #advance(timestamp: number): void {
    if (timestamp <= this.#streamTime) return
    this.#streamTime = timestamp
    this.#forgetDue()
  }

  #schedule(entry: Entry<K, V>): void {
    const [first, second] = entry.versions
    const end = second?.timestamp ?? (first!.value === null ? first!.timestamp : Infinity)
    this.#setDue(entry, end + this.#historyRetentionMs * (1 + 1 / slackParts))
  }

  #setDue(entry: Entry<K, V>, dueAt: number): void {
    if (dueAt === entry.dueAt) return
    if (entry.dueAt !== Infinity) this.#due.remove(entry)
    entry.dueAt = dueAt
    if (dueAt !== Infinity) this.#due.add(entry)
  }

  #forgetDue(): void {
    for (let entry = this.#due.first; entry !== undefined && entry.dueAt <= this.#streamTime; entry = this.#due.first) {
      this.#forgetOld(entry)
    }
  }

  /** What nobody can read any more need not reach the changelog either, but for the tombstone of what is there. */
  #forgetOld(entry: Entry<K, V>): void {
    const { versions } = entry
    const oldest = this.#streamTime - this.#historyRetentionMs
    for (const { timestamp } of versions.splice(0, indexAsOf(versions, oldest))) {
      if (entry.changed?.delete(timestamp) === true) this.#changedCount -= 1
    }
    const { value, timestamp } = versions[0]!
    const isDeleted = versions.length === 1 && value === null && timestamp <= oldest
    if (!isDeleted) return this.#schedule(entry)
    this.#setDue(entry, Infinity)
    if (entry.changed === null) this.#entries.delete(entry.mapKey)
  }
}

function present<V>(version: Version<V> | undefined): ValueAndTimestamp<V> | null {
  return version === undefined || version.value === null ? null : (version as ValueAndTimestamp<V>)
}
