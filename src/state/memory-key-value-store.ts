import { valueAndTimestamp, type ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { keyCodec, type KeyCodec, type MapKey } from './key-codec.ts'
import type { KeyValueStore } from './key-value-store.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'

interface Entry<K, V> {
  readonly key: K
  readonly stored: ValueAndTimestamp<V>
}

/** Changelog: key bytes, value bytes (null deletes), record timestamp = the value's; as Kafka Streams' timestamped stores. */
export class MemoryKeyValueStore<K, V> implements KeyValueStore<K, V> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, V>
  readonly #codec: KeyCodec<K>
  readonly #entries = new Map<MapKey, Entry<K, V>>()
  /** Changed keys in order of their first change since the last flush, with the timestamp of a deletion. */
  readonly #changed = new Map<MapKey, { readonly key: K; readonly timestamp: number }>()

  constructor(name: string, serdes: StoreSerdes<K, V>) {
    this.name = name
    this.#serdes = serdes
    this.#codec = keyCodec(serdes.key)
  }

  get(key: K): ValueAndTimestamp<V> | null {
    return this.#entries.get(this.#codec.mapKey(key))?.stored ?? null
  }

  put(key: K, value: V, timestamp: number): void {
    const mapKey = this.#codec.mapKey(key)
    this.#entries.set(mapKey, { key, stored: valueAndTimestamp(value, timestamp) })
    this.#changed.set(mapKey, { key, timestamp })
  }

  delete(key: K, timestamp: number): void {
    const mapKey = this.#codec.mapKey(key)
    this.#entries.delete(mapKey)
    this.#changed.set(mapKey, { key, timestamp })
  }

  *range(from: K | null, to: K | null): Iterable<readonly [K, ValueAndTimestamp<V>]> {
    const compare = this.#codec.compare
    const inside = [...this.#entries.values()].filter(
      ({ key }) => (from === null || compare(key, from) >= 0) && (to === null || compare(key, to) <= 0),
    )
    inside.sort((a, b) => compare(a.key, b.key))
    for (const { key, stored } of inside) yield [key, stored]
  }

  all(): Iterable<readonly [K, ValueAndTimestamp<V>]> {
    return this.range(null, null)
  }

  flushChangelog(sink: ChangelogSink): void {
    for (const [mapKey, { key, timestamp }] of this.#changed) {
      const stored = this.#entries.get(mapKey)?.stored
      const keyBytes = this.#serdes.key.serialize(key)
      if (stored === undefined) sink(keyBytes, null, timestamp)
      else sink(keyBytes, this.#serdes.value.serialize(stored.value), stored.timestamp)
    }
    this.#changed.clear()
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    const key = this.#serdes.key.deserialize(keyBytes)
    const mapKey = this.#codec.mapKey(key)
    if (valueBytes === null) this.#entries.delete(mapKey)
    else this.#entries.set(mapKey, { key, stored: valueAndTimestamp(this.#serdes.value.deserialize(valueBytes), timestamp) })
  }

  get changedCount(): number {
    return this.#changed.size
  }

  get entryCount(): number {
    return this.#entries.size
  }
}
