import type { Payload } from '../core/payload.ts'
import { valueAndTimestamp, type ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { payloadWriter } from '../serde/text-serde.ts'
import { keyCodec, type KeyCodec, type MapKey } from './key-codec.ts'
import type { KeyValueStore } from './key-value-store.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'

interface Entry<K, V> {
  readonly key: K
  readonly mapKey: MapKey
  /** A null value: deleted, and kept until the changelog has the tombstone. */
  stored: ValueAndTimestamp<V | null>
  /** The changelog has a record of it. */
  logged: boolean
}

/** Changelog: key bytes, value bytes (null deletes), record timestamp = the value's; as Kafka Streams' timestamped stores. */
export class MemoryKeyValueStore<K, V> implements KeyValueStore<K, V> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, V>
  readonly #writeKey: (key: K) => Payload
  readonly #writeValue: (value: V) => Payload
  readonly #codec: KeyCodec<K>
  readonly #entries = new Map<MapKey, Entry<K, V>>()
  /** In the order of their first change since the last flush. */
  readonly #changed = new Set<Entry<K, V>>()
  readonly #isLogged: boolean
  #liveCount = 0
  #latestTimestamp = -1

  /** @param options without `isLogged` nothing ever waits for a changelog: something else can fill the store again */
  constructor(name: string, serdes: StoreSerdes<K, V>, options: { readonly isLogged: boolean } = { isLogged: true }) {
    this.name = name
    this.#serdes = serdes
    this.#writeKey = payloadWriter(serdes.key)
    this.#writeValue = payloadWriter(serdes.value)
    this.#isLogged = options.isLogged
    this.#codec = keyCodec(serdes.key)
  }

  get(key: K): ValueAndTimestamp<V> | null {
    const stored = this.#entries.get(this.#codec.mapKey(key))?.stored
    return stored === undefined || stored.value === null ? null : (stored as ValueAndTimestamp<V>)
  }

  put(key: K, value: V, timestamp: number): undefined {
    const entry = this.#write(key, value, timestamp)
    if (this.#isLogged) this.#changed.add(entry)
  }

  delete(key: K, timestamp: number): undefined {
    const entry = this.#entries.get(this.#codec.mapKey(key))
    if (entry === undefined || entry.stored.value === null) return
    this.#liveCount -= 1
    entry.stored = valueAndTimestamp(null, timestamp)
    if (entry.logged) this.#changed.add(entry)
    else this.#forget(entry)
  }

  *range(from: K | null, to: K | null): Iterable<readonly [K, ValueAndTimestamp<V>]> {
    const first = from === null ? null : this.#codec.sortKey(from)
    const last = to === null ? null : this.#codec.sortKey(to)
    const inside: { readonly key: K; readonly sortKey: string; readonly stored: ValueAndTimestamp<V> }[] = []
    for (const { key, stored } of this.#entries.values()) {
      if (stored.value === null) continue
      const sortKey = this.#codec.sortKey(key)
      const isInside = (first === null || sortKey >= first) && (last === null || sortKey <= last)
      if (isInside) inside.push({ key, sortKey, stored: stored as ValueAndTimestamp<V> })
    }
    inside.sort((a, b) => (a.sortKey < b.sortKey ? -1 : 1))
    for (const { key, stored } of inside) yield [key, stored]
  }

  all(): Iterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.range(null, null)
  }

  flushChangelog(sink: ChangelogSink): void {
    for (const entry of this.#changed) {
      const { stored } = entry
      const value = stored.value === null ? null : this.#writeValue(stored.value)
      sink(this.#writeKey(entry.key), value, stored.timestamp)
      entry.logged = true
      if (stored.value === null) this.#forget(entry)
    }
    this.#changed.clear()
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    const key = this.#serdes.key.deserialize(keyBytes)
    if (valueBytes !== null) {
      this.#write(key, this.#serdes.value.deserialize(valueBytes), timestamp).logged = true
    } else if (this.#entries.delete(this.#codec.mapKey(key))) {
      this.#liveCount -= 1
    }
  }

  get latestTimestamp(): number {
    return this.#latestTimestamp
  }

  get changedCount(): number {
    return this.#changed.size
  }

  get entryCount(): number {
    return this.#liveCount
  }

  #write(key: K, value: V, timestamp: number): Entry<K, V> {
    const mapKey = this.#codec.mapKey(key)
    const stored = valueAndTimestamp(value, timestamp)
    if (timestamp > this.#latestTimestamp) this.#latestTimestamp = timestamp
    let entry = this.#entries.get(mapKey)
    if (entry === undefined) {
      entry = { key, mapKey, stored, logged: false }
      this.#entries.set(mapKey, entry)
      this.#liveCount += 1
    } else {
      if (entry.stored.value === null) this.#liveCount += 1
      entry.stored = stored
    }
    return entry
  }

  #forget(entry: Entry<K, V>): void {
    this.#changed.delete(entry)
    this.#entries.delete(entry.mapKey)
  }
}
