import type { Subscription } from '../core/subscription.ts'
import type { Serde } from '../serde/serde.ts'
import { asBuffer, compareText, keyCodec, type KeyCodec, type MapKey } from './key-codec.ts'
import { SortedSet } from './sorted-set.ts'
import type { ChangelogSink } from './state-store.ts'
import type { SubscriptionStore } from './subscription-store.ts'

export interface SubscriptionSerdes<FK, PK> {
  readonly foreignKey: Serde<FK>
  readonly primaryKey: Serde<PK>
  readonly subscription: Serde<Subscription<PK>>
}

interface Entry<FK, PK> {
  readonly foreignKey: FK
  readonly primaryKey: PK
  /** The primary key's. */
  readonly sortKey: string
  /** Null: deleted, and kept until the changelog has the tombstone. */
  subscription: Subscription<PK> | null
  timestamp: number
  /** The changelog has a record of it. */
  logged: boolean
}

interface Group<FK, PK> {
  readonly byKey: Map<MapKey, Entry<FK, PK>>
  /** Without those deleted. */
  readonly inOrder: SortedSet<Entry<FK, PK>>
}

const lengthBytes = 4

/**
 * Changelog: int32 length of the foreign key, foreign key, primary key (CombinedKeySchema); the subscription; its record's
 * timestamp.
 */
export class MemorySubscriptionStore<FK, PK> implements SubscriptionStore<FK, PK> {
  readonly name: string
  readonly #serdes: SubscriptionSerdes<FK, PK>
  readonly #foreignKeys: KeyCodec<FK>
  readonly #primaryKeys: KeyCodec<PK>
  readonly #groups = new Map<MapKey, Group<FK, PK>>()
  readonly #changed = new Set<Entry<FK, PK>>()
  #liveCount = 0

  constructor(name: string, serdes: SubscriptionSerdes<FK, PK>) {
    this.name = name
    this.#serdes = serdes
    this.#foreignKeys = keyCodec(serdes.foreignKey)
    this.#primaryKeys = keyCodec(serdes.primaryKey)
  }

  put(foreignKey: FK, subscription: Subscription<PK>, timestamp: number): void {
    this.#changed.add(this.#write(foreignKey, subscription, timestamp))
  }

  delete(foreignKey: FK, primaryKey: PK, timestamp: number): void {
    const group = this.#groups.get(this.#foreignKeys.mapKey(foreignKey))
    const entry = group?.byKey.get(this.#primaryKeys.mapKey(primaryKey))
    if (group === undefined || entry === undefined || entry.subscription === null) return
    this.#bury(group, entry)
    entry.timestamp = timestamp
    if (entry.logged) this.#changed.add(entry)
    else this.#forget(entry)
  }

  *subscriptions(foreignKey: FK): Iterable<Subscription<PK>> {
    const group = this.#groups.get(this.#foreignKeys.mapKey(foreignKey))
    if (group !== undefined) for (const { subscription } of group.inOrder) yield subscription!
  }

  flushChangelog(sink: ChangelogSink): void {
    for (const entry of this.#changed) {
      const { subscription, timestamp } = entry
      const value = subscription === null ? null : this.#serdes.subscription.serialize(subscription)
      sink(this.#changelogKey(entry), value, timestamp)
      entry.logged = true
      if (subscription === null) this.#forget(entry)
    }
    this.#changed.clear()
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    const key = asBuffer(keyBytes)
    const foreignKeyEnd = lengthBytes + key.readInt32BE(0)
    const foreignKey = this.#serdes.foreignKey.deserialize(key.subarray(lengthBytes, foreignKeyEnd))
    if (valueBytes !== null) {
      this.#write(foreignKey, this.#serdes.subscription.deserialize(valueBytes), timestamp).logged = true
      return
    }
    const primaryKey = this.#serdes.primaryKey.deserialize(key.subarray(foreignKeyEnd))
    const group = this.#groups.get(this.#foreignKeys.mapKey(foreignKey))
    const entry = group?.byKey.get(this.#primaryKeys.mapKey(primaryKey))
    if (group === undefined || entry === undefined) return
    this.#bury(group, entry)
    this.#forget(entry)
  }

  get changedCount(): number {
    return this.#changed.size
  }

  get entryCount(): number {
    return this.#liveCount
  }

  #write(foreignKey: FK, subscription: Subscription<PK>, timestamp: number): Entry<FK, PK> {
    const group = this.#groupOf(foreignKey)
    const { primaryKey } = subscription
    const mapKey = this.#primaryKeys.mapKey(primaryKey)
    let entry = group.byKey.get(mapKey)
    if (entry === undefined) {
      const sortKey = this.#primaryKeys.sortKey(primaryKey)
      entry = { foreignKey, primaryKey, sortKey, subscription: null, timestamp, logged: false }
      group.byKey.set(mapKey, entry)
    }
    if (entry.subscription === null) {
      this.#liveCount += 1
      group.inOrder.add(entry)
    }
    entry.subscription = subscription
    entry.timestamp = timestamp
    return entry
  }

  #groupOf(foreignKey: FK): Group<FK, PK> {
    const mapKey = this.#foreignKeys.mapKey(foreignKey)
    let group = this.#groups.get(mapKey)
    if (group === undefined) {
      group = { byKey: new Map(), inOrder: new SortedSet((a, b) => compareText(a.sortKey, b.sortKey)) }
      this.#groups.set(mapKey, group)
    }
    return group
  }

  #bury(group: Group<FK, PK>, entry: Entry<FK, PK>): void {
    entry.subscription = null
    this.#liveCount -= 1
    group.inOrder.remove(entry)
  }

  #forget(entry: Entry<FK, PK>): void {
    this.#changed.delete(entry)
    const mapKey = this.#foreignKeys.mapKey(entry.foreignKey)
    const group = this.#groups.get(mapKey)!
    group.byKey.delete(this.#primaryKeys.mapKey(entry.primaryKey))
    if (group.byKey.size === 0) this.#groups.delete(mapKey)
  }

  #changelogKey({ foreignKey, primaryKey }: Entry<FK, PK>): Uint8Array {
    const foreignBytes = this.#serdes.foreignKey.serialize(foreignKey)
    const primaryBytes = this.#serdes.primaryKey.serialize(primaryKey)
    const bytes = Buffer.allocUnsafe(lengthBytes + foreignBytes.length + primaryBytes.length)
    bytes.writeInt32BE(foreignBytes.length)
    bytes.set(foreignBytes, lengthBytes)
    bytes.set(primaryBytes, lengthBytes + foreignBytes.length)
    return bytes
  }
}
