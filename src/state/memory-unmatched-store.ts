import type { Serde } from '../serde/serde.ts'
import { bytesWithFields, FieldReader } from './byte-fields.ts'
import { readUnmatchedChangelogKey, unmatchedChangelogKey } from './changelog-keys.ts'
import { asBuffer, compareText, keyCodec, type KeyCodec, type MapKey } from './key-codec.ts'
import { SortedSet } from './sorted-set.ts'
import type { ChangelogSink } from './state-store.ts'
import type { JoinSide, UnmatchedEntry, UnmatchedStore } from './unmatched-store.ts'

export interface UnmatchedSerdes<K, L, R> {
  readonly key: Serde<K>
  readonly left: Serde<L>
  readonly right: Serde<R>
}

interface Entry<K, L, R> extends UnmatchedEntry<K, L, R> {
  readonly mapKey: MapKey
  /** The key's, made when it is first compared with another of the same time and side. */
  sortKey: string | null
  /** Never changed in place once the entry is deleted: who iterates may still hold it. */
  values: (L | R)[]
  /** False: deleted, and kept until the changelog has the tombstone. */
  live: boolean
  /** The changelog has a record of it. */
  logged: boolean
}

/** Kafka's ListSerializer: how entries are written (each with its length), and their count. */
const variableSize = 1
const listHeadBytes = 5

/** Changelog: timestamp, side and key; all its values as Kafka Streams' list of LeftOrRightValue; record timestamp = its own. */
export class MemoryUnmatchedStore<K, L, R> implements UnmatchedStore<K, L, R> {
  readonly name: string
  readonly #serdes: UnmatchedSerdes<K, L, R>
  readonly #codec: KeyCodec<K>
  readonly #byKey = new Map<MapKey, Map<number, Entry<K, L, R>>>()
  readonly #inOrder: SortedSet<Entry<K, L, R>>
  readonly #changed = new Set<Entry<K, L, R>>()
  #liveCount = 0

  constructor(name: string, serdes: UnmatchedSerdes<K, L, R>) {
    this.name = name
    this.#serdes = serdes
    this.#codec = keyCodec(serdes.key)
    this.#inOrder = new SortedSet(
      (a, b) => a.timestamp - b.timestamp || sideByte(a.side) - sideByte(b.side) || this.#compareKeys(a, b),
    )
  }

  add(timestamp: number, side: JoinSide, key: K, value: L | R): void {
    const entry = this.#entryFor(timestamp, side, key)
    if (entry.live) entry.values.push(value)
    else this.#revive(entry, [value])
    this.#changed.add(entry)
  }

  delete(timestamp: number, side: JoinSide, key: K): boolean {
    const entry = this.#byKey.get(this.#codec.mapKey(key))?.get(placeOf(timestamp, side))
    if (entry === undefined || !entry.live) return false
    this.#bury(entry)
    if (entry.logged) this.#changed.add(entry)
    else this.#forget(entry)
    return true
  }

  entries(): Iterable<UnmatchedEntry<K, L, R>> {
    return this.#inOrder
  }

  get isEmpty(): boolean {
    return this.#liveCount === 0
  }

  flushChangelog(sink: ChangelogSink): void {
    for (const entry of this.#changed) {
      const { timestamp, side, key, live } = entry
      const keyBytes = unmatchedChangelogKey(timestamp, side, this.#serdes.key.serialize(key))
      sink(keyBytes, live ? this.#valueBytes(entry) : null, timestamp)
      entry.logged = true
      if (!live) this.#forget(entry)
    }
    this.#changed.clear()
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null): void {
    const { timestamp, side, key } = readUnmatchedChangelogKey(keyBytes)
    const entry = this.#entryFor(timestamp, side, this.#serdes.key.deserialize(key))
    entry.logged = true
    if (entry.live) this.#bury(entry)
    if (valueBytes === null) this.#forget(entry)
    else this.#revive(entry, this.#readValues(valueBytes))
  }

  get changedCount(): number {
    return this.#changed.size
  }

  get entryCount(): number {
    return this.#liveCount
  }

  /** The entry, or a new one that is not alive yet. */
  #entryFor(timestamp: number, side: JoinSide, key: K): Entry<K, L, R> {
    const mapKey = this.#codec.mapKey(key)
    let ofKey = this.#byKey.get(mapKey)
    if (ofKey === undefined) this.#byKey.set(mapKey, (ofKey = new Map()))
    const place = placeOf(timestamp, side)
    let entry = ofKey.get(place)
    if (entry === undefined) {
      entry = { timestamp, side, key, mapKey, sortKey: null, values: [], live: false, logged: false }
      ofKey.set(place, entry)
    }
    return entry
  }

  #revive(entry: Entry<K, L, R>, values: (L | R)[]): void {
    entry.values = values
    entry.live = true
    this.#liveCount += 1
    this.#inOrder.add(entry)
  }

  #bury(entry: Entry<K, L, R>): void {
    entry.live = false
    this.#liveCount -= 1
    this.#inOrder.remove(entry)
  }

  #forget(entry: Entry<K, L, R>): void {
    this.#changed.delete(entry)
    const ofKey = this.#byKey.get(entry.mapKey)
    ofKey?.delete(placeOf(entry.timestamp, entry.side))
    if (ofKey?.size === 0) this.#byKey.delete(entry.mapKey)
  }

  #compareKeys(a: Entry<K, L, R>, b: Entry<K, L, R>): number {
    a.sortKey ??= this.#codec.sortKey(a.key)
    b.sortKey ??= this.#codec.sortKey(b.key)
    return compareText(a.sortKey, b.sortKey)
  }

  #valueBytes({ side, values }: Entry<K, L, R>): Uint8Array {
    const { left, right } = this.#serdes
    const fields = values.map((value) => {
      const bytes = side === 'left' ? left.serialize(value as L) : right.serialize(value as R)
      return Buffer.concat([Uint8Array.of(sideByte(side)), bytes])
    })
    const listBytes = bytesWithFields(listHeadBytes, fields)
    listBytes[0] = variableSize
    listBytes.writeInt32BE(values.length, 1)
    return listBytes
  }

  #readValues(bytes: Uint8Array): (L | R)[] {
    const { left, right } = this.#serdes
    const reader = new FieldReader(bytes, listHeadBytes)
    return Array.from({ length: asBuffer(bytes).readInt32BE(1) }, () => {
      const field = reader.field()!
      const serde = field[0] === sideByte('left') ? left : right
      return serde.deserialize(field.subarray(1))
    })
  }
}

/** Also their order: at one time, the right side's entries come first. */
function sideByte(side: JoinSide): 0 | 1 {
  return side === 'left' ? 1 : 0
}

function placeOf(timestamp: number, side: JoinSide): number {
  return timestamp * 2 + sideByte(side)
}
