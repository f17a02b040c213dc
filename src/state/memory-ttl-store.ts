import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { keyCodec, type KeyCodec, type MapKey } from './key-codec.ts'
import type { KeyValueStore, PutOutcome } from './key-value-store.ts'
import { MemoryKeyValueStore } from './memory-key-value-store.ts'
import { SortedSet } from './sorted-set.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'

interface Queued<K> {
  readonly key: K
  readonly mapKey: MapKey
  /** Tells apart what is queued for one time. */
  readonly ordinal: number
  /** The entry's timestamp, or an earlier one: an entry that is renewed moves when its turn comes, once per ttl. */
  from: number
}

/**
 * A key-value store whose entries live as long as a ttl after their timestamps, in stream time (ADR 0018). Entries are queued by time,
 * so that forgetting touches what is due, and each entry at most once for each of its updates.
 */
export class MemoryTtlStore<K, V> implements KeyValueStore<K, V> {
  readonly name: string
  readonly #entries: MemoryKeyValueStore<K, V>
  readonly #keySerde: StoreSerdes<K, V>['key']
  readonly #codec: KeyCodec<K>
  readonly #ttlMs: number
  readonly #queued = new Map<MapKey, Queued<K>>()
  readonly #inOrder = new SortedSet<Queued<K>>((a, b) => a.from - b.from || a.ordinal - b.ordinal)
  #nextOrdinal = 0
  /** Timestamps before it are too old. */
  #oldest = -Infinity

  constructor(name: string, serdes: StoreSerdes<K, V>, ttlMs: number) {
    this.name = name
    this.#entries = new MemoryKeyValueStore(name, serdes)
    this.#keySerde = serdes.key
    this.#codec = keyCodec(serdes.key)
    this.#ttlMs = ttlMs
  }

  get(key: K): ValueAndTimestamp<V> | null {
    return this.#entries.get(key)
  }

  range(from: K | null, to: K | null): Iterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.#entries.range(from, to)
  }

  all(): Iterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.#entries.all()
  }

  put(key: K, value: V, timestamp: number): PutOutcome | undefined {
    if (timestamp < this.#oldest) return 'expired'
    this.#entries.put(key, value, timestamp)
    this.#queue(key, timestamp)
    return undefined
  }

  delete(key: K, timestamp: number): PutOutcome | undefined {
    if (timestamp < this.#oldest) return 'expired'
    this.#entries.delete(key, timestamp)
    this.#unqueue(key)
    return undefined
  }

  expire(streamTime: number): readonly (readonly [K, ValueAndTimestamp<V>])[] {
    this.#oldest = Math.max(this.#oldest, streamTime - this.#ttlMs)
    const expired: (readonly [K, ValueAndTimestamp<V>])[] = []
    for (
      let first = this.#inOrder.first;
      first !== undefined && first.from < this.#oldest;
      first = this.#inOrder.first
    ) {
      const stored = this.#entries.get(first.key)!
      if (stored.timestamp >= this.#oldest) {
        this.#move(first, stored.timestamp)
        continue
      }
      this.#unqueue(first.key)
      this.#entries.delete(first.key, streamTime)
      expired.push([first.key, stored])
    }
    // The order in which they were queued is another one after a restart.
    if (expired.length > 1) expired.sort(([a, x], [b, y]) => x.timestamp - y.timestamp || this.#codec.compare(a, b))
    return expired
  }

  flushChangelog(sink: ChangelogSink): void {
    this.#entries.flushChangelog(sink)
  }

  /** What is too old by the time that the next record brings is still there until then. */
  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    this.#entries.restore(keyBytes, valueBytes, timestamp)
    const key = this.#keySerde.deserialize(keyBytes)
    if (valueBytes === null) this.#unqueue(key)
    else this.#queue(key, timestamp)
  }

  get latestTimestamp(): number {
    return this.#entries.latestTimestamp
  }

  get changedCount(): number {
    return this.#entries.changedCount
  }

  get entryCount(): number {
    return this.#entries.entryCount
  }

  #queue(key: K, timestamp: number): void {
    const mapKey = this.#codec.mapKey(key)
    const known = this.#queued.get(mapKey)
    if (known !== undefined) {
      if (timestamp < known.from) this.#move(known, timestamp)
      return
    }
    const queued = { key, mapKey, ordinal: this.#nextOrdinal++, from: timestamp }
    this.#queued.set(mapKey, queued)
    this.#inOrder.add(queued)
  }

  #move(queued: Queued<K>, timestamp: number): void {
    this.#inOrder.remove(queued)
    queued.from = timestamp
    this.#inOrder.add(queued)
  }

  #unqueue(key: K): void {
    const mapKey = this.#codec.mapKey(key)
    const queued = this.#queued.get(mapKey)
    if (queued === undefined) return
    this.#queued.delete(mapKey)
    this.#inOrder.remove(queued)
  }
}
