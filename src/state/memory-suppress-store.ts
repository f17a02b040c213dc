import { noHeaders, type Headers } from '../core/stream-record.ts'
import { valueAndTimestamp, type ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { compareText, keyCodec, type KeyCodec, type MapKey } from './key-codec.ts'
import { SortedSet } from './sorted-set.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'
import { readSuppressValue, suppressValueBytes } from './suppress-changelog.ts'
import type { BufferedChange, SuppressStore } from './suppress-store.ts'

interface Entry<K, V> {
  readonly mapKey: MapKey
  bufferTime: number
  update: BufferedChange<K, V>
  /** The old value of the first update: what downstream last saw. */
  prior: V | null
  /** The key's, made when it is first compared with another of the same time. */
  sortKey: string | null
  /** Null until somebody asks. */
  byteCount: number | null
  /** False: removed, and kept until the changelog has the tombstone. */
  live: boolean
  /** The changelog has a record of it. */
  logged: boolean
}

/** The timestamp of a prior value: not known. */
const unknownTimestamp = -1

/** Kafka Streams counts these for each entry: buffer time, timestamp, offset, partition. */
const fixedByteCount = 8 + 8 + 8 + 4

/** Changelog: key bytes; the value as suppress-changelog.ts says; record timestamp = the latest update's. */
export class MemorySuppressStore<K, V> implements SuppressStore<K, V> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, V>
  readonly #codec: KeyCodec<K>
  readonly #byKey = new Map<MapKey, Entry<K, V>>()
  readonly #inOrder: SortedSet<Entry<K, V>>
  readonly #changed = new Set<Entry<K, V>>()
  #liveCount = 0
  #latestTimestamp = -1
  /** Null until somebody asks: from then on each update is serialized to keep it. */
  #byteCount: number | null = null

  constructor(name: string, serdes: StoreSerdes<K, V>) {
    this.name = name
    this.#serdes = serdes
    this.#codec = keyCodec(serdes.key)
    this.#inOrder = new SortedSet((a, b) => a.bufferTime - b.bufferTime || this.#compareKeys(a, b))
  }

  put(bufferTime: number, update: BufferedChange<K, V>): void {
    this.#changed.add(this.#write(bufferTime, withOwnHeaders(update), update.change.oldValue))
  }

  first(): { readonly bufferTime: number; readonly update: BufferedChange<K, V> } | null {
    return this.#inOrder.first ?? null
  }

  removeFirst(): void {
    const entry = this.#inOrder.first
    if (entry === undefined) return
    this.#bury(entry)
    if (entry.logged) this.#changed.add(entry)
    else this.#forget(entry)
  }

  priorValue(key: K): ValueAndTimestamp<V> | null | undefined {
    const entry = this.#byKey.get(this.#codec.mapKey(key))
    if (entry === undefined || !entry.live) return undefined
    return entry.prior === null ? null : valueAndTimestamp(entry.prior, unknownTimestamp)
  }

  get latestTimestamp(): number {
    return this.#latestTimestamp
  }

  get recordCount(): number {
    return this.#liveCount
  }

  get byteCount(): number {
    if (this.#byteCount === null) {
      this.#byteCount = 0
      for (const entry of this.#inOrder) this.#byteCount += this.#byteCountOf(entry)
    }
    return this.#byteCount
  }

  flushChangelog(sink: ChangelogSink): void {
    const { key, value } = this.#serdes
    for (const entry of this.#changed) {
      const { update, bufferTime, prior, live } = entry
      const valueBytes = live ? suppressValueBytes({ ...update, bufferTime, prior }, value) : null
      sink(key.serialize(update.key), valueBytes, update.timestamp)
      entry.logged = true
      if (!live) this.#forget(entry)
    }
    this.#changed.clear()
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null): void {
    const key = this.#serdes.key.deserialize(keyBytes)
    const replaced = this.#byKey.get(this.#codec.mapKey(key))
    if (replaced !== undefined) {
      this.#bury(replaced)
      this.#forget(replaced)
    }
    if (valueBytes === null) return
    const { bufferTime, prior, change, timestamp, headers } = readSuppressValue(valueBytes, this.#serdes.value)
    this.#write(bufferTime, { key, change, timestamp, headers }, prior).logged = true
  }

  get changedCount(): number {
    return this.#changed.size
  }

  get entryCount(): number {
    return this.#liveCount
  }

  #write(bufferTime: number, update: BufferedChange<K, V>, prior: V | null): Entry<K, V> {
    const mapKey = this.#codec.mapKey(update.key)
    this.#latestTimestamp = Math.max(this.#latestTimestamp, update.timestamp)
    let entry = this.#byKey.get(mapKey)
    if (entry === undefined) {
      entry = { mapKey, bufferTime, update, prior, sortKey: null, byteCount: null, live: false, logged: false }
      this.#byKey.set(mapKey, entry)
    }
    if (entry.live) this.#uncountBytes(entry)
    entry.update = update
    entry.byteCount = null
    if (!entry.live) this.#revive(entry, bufferTime, prior)
    if (this.#byteCount !== null) this.#byteCount += this.#byteCountOf(entry)
    return entry
  }

  #revive(entry: Entry<K, V>, bufferTime: number, prior: V | null): void {
    entry.bufferTime = bufferTime
    entry.prior = prior
    entry.live = true
    this.#liveCount += 1
    this.#inOrder.add(entry)
  }

  #bury(entry: Entry<K, V>): void {
    this.#uncountBytes(entry)
    entry.live = false
    this.#liveCount -= 1
    this.#inOrder.remove(entry)
  }

  #forget(entry: Entry<K, V>): void {
    this.#changed.delete(entry)
    this.#byKey.delete(entry.mapKey)
  }

  #uncountBytes(entry: Entry<K, V>): void {
    if (this.#byteCount !== null) this.#byteCount -= this.#byteCountOf(entry)
  }

  /** As Kafka Streams counts, but for the name of the source topic that it keeps with each entry. */
  #byteCountOf(entry: Entry<K, V>): number {
    const { prior, update } = entry
    if (entry.byteCount !== null) return entry.byteCount
    const [priorBytes, oldBytes, newBytes] = [prior, update.change.oldValue, update.change.newValue].map((value) =>
      value === null ? new Uint8Array() : this.#serdes.value.serialize(value),
    ) as [Uint8Array, Uint8Array, Uint8Array]
    const valuesLength =
      (Buffer.compare(priorBytes, oldBytes) === 0 ? 0 : priorBytes.length) + oldBytes.length + newBytes.length
    const headersLength = update.headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0)
    entry.byteCount = fixedByteCount + this.#serdes.key.serialize(update.key).length + valuesLength + headersLength
    return entry.byteCount
  }

  #compareKeys(a: Entry<K, V>, b: Entry<K, V>): number {
    a.sortKey ??= this.#codec.sortKey(a.update.key)
    b.sortKey ??= this.#codec.sortKey(b.update.key)
    return compareText(a.sortKey, b.sortKey)
  }
}

/** Copies them: their bytes may be views on what was fetched, which must not live as long as the buffer's entries. */
function withOwnHeaders<K, V>(update: BufferedChange<K, V>): BufferedChange<K, V> {
  const { key, change, timestamp, headers } = update
  return { key, change, timestamp, headers: headers.length === 0 ? noHeaders : copyOf(headers) }
}

function copyOf(headers: Headers): Headers {
  return headers.map(([name, value]) => [name, value === null ? null : Uint8Array.from(value)] as const)
}
