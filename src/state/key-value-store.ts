import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import type { StateStore } from './state-store.ts'

/** What may be read from outside: by tests now, by interactive queries later. */
export interface ReadOnlyKeyValueStore<K, V> {
  readonly name: string
  get(key: K): ValueAndTimestamp<V> | null
  /** All entries in the order of their serialized keys' unsigned bytes. */
  all(): Iterable<readonly [key: K, value: ValueAndTimestamp<V>]>
  /** Entries with `from <= key <= to` in that same order; null means no bound. */
  range(from: K | null, to: K | null): Iterable<readonly [key: K, value: ValueAndTimestamp<V>]>
}

/**
 * What became of an update of a versioned table, or one with a ttl; never of another one. `out-of-order`: taken, but a newer version
 * exists. `expired`: refused, for it is older than the history or the ttl.
 */
export type PutOutcome = 'out-of-order' | 'expired'

/** The latest value of each key with the event time of the record that made it. */
export interface KeyValueStore<K, V> extends ReadOnlyKeyValueStore<K, V>, StateStore {
  /** Undefined: the value is now the latest. */
  put(key: K, value: V, timestamp: number): PutOutcome | undefined
  /** `timestamp` goes into the changelog's tombstone. */
  delete(key: K, timestamp: number): PutOutcome | undefined
  /**
   * Where entries have a ttl (ADR 0018): stream time is now this. Deletes all whose timestamps are older than that minus the ttl, and
   * gives them, ascending by (timestamp, key bytes).
   */
  expire?(streamTime: number): readonly (readonly [key: K, value: ValueAndTimestamp<V>])[]
}
