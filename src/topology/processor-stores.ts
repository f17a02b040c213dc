import type { Window, Windowed } from '../core/windowed.ts'
import type { Serde } from '../serde/serde.ts'
import type { Expiring } from './table-settings.ts'

/*
 * Stores of processors: what is declared, and what the processor sees. Each has a changelog `<app>-<name>-changelog`, whose
 * records carry the timestamp of the record, or of the punctuation, that made the change.
 */

interface DeclarationBase<K, V> {
  readonly name: string
  readonly key: Serde<K>
  readonly value: Serde<V>
}
/** The latest value of each key; made by `keyValueStore()`. */
export interface KeyValueStoreDeclaration<K, V> extends DeclarationBase<K, V>, Expiring {
  readonly kind: 'key-value'
}
/** One value per key and window start, forgotten when the retention has passed; made by `windowStore()`. */
export interface WindowStoreDeclaration<K, V> extends DeclarationBase<K, V> {
  readonly kind: 'window'
  readonly windowSizeMs: number
  readonly retentionMs: number
}
/** One value per key and session, forgotten when the retention has passed; made by `sessionStore()`. */
export interface SessionStoreDeclaration<K, V> extends DeclarationBase<K, V> {
  readonly kind: 'session'
  readonly retentionMs: number
}
/** A store that processors may share: all that name the same declaration see the same store. */
export type StoreDeclaration =
  | KeyValueStoreDeclaration<any, any>
  | WindowStoreDeclaration<any, any>
  | SessionStoreDeclaration<any, any>

/** A key-value store as a processor sees it. With a ttl, a change whose time is older is dropped and counted (`expired`). Null keys are not allowed, null values delete. */
export interface ProcessorKeyValueStore<K, V> {
  /** The value of `key`; null when there is none. */
  get(key: K): V | null
  /** Sets the value of `key`; null deletes it. The value must not be changed afterwards. */
  put(key: K, value: V | null): void
  /** Removes `key`; one that is not there is no error. */
  delete(key: K): void
  /** All entries, in the order of their serialized keys' unsigned bytes. */
  all(): Iterable<readonly [key: K, value: V]>
  /** Entries with `from <= key <= to` in that same order; null means no bound. */
  range(from: K | null, to: K | null): Iterable<readonly [key: K, value: V]>
}

/** Windows are readable as long as the retention, counted back from the largest start that was ever put. */
export interface ProcessorWindowStore<K, V> {
  /** The value of the window of `key` that starts at `windowStart` (milliseconds since the epoch); null when there is none. */
  fetch(key: K, windowStart: number): V | null
  /** Windows of `key` with `from <= start <= to`, ascending by start. */
  fetchRange(key: K, from: number, to: number): Iterable<readonly [windowStart: number, value: V]>
  /** All windows, ascending by (start, key bytes). */
  all(): Iterable<readonly [key: Windowed<K>, value: V]>
  /** Null deletes. False when the window is older than the retention allows; then nothing changes. */
  put(key: K, value: V | null, windowStart: number): boolean
}

/** Sessions are readable as long as the retention, counted back from the largest end that was ever put. */
export interface ProcessorSessionStore<K, V> {
  /** The value of the session of `key` with exactly these bounds (milliseconds since the epoch); null when there is none. */
  fetchSession(key: K, start: number, end: number): V | null
  /** Sessions of `key` with `end >= earliestEnd` and `start <= latestStart`, ascending by (end, start). */
  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<readonly [session: Window, value: V]>
  /** All sessions, ascending by (end, start, key bytes). */
  all(): Iterable<readonly [key: Windowed<K>, value: V]>
  /** Null deletes. False when the session is older than the retention allows; then nothing changes. */
  put(key: K, value: V | null, session: Window): boolean
}

/** Any store as a processor sees it. */
export type ProcessorStore =
  | ProcessorKeyValueStore<any, any>
  | ProcessorWindowStore<any, any>
  | ProcessorSessionStore<any, any>

/** What a processor sees of a store that was declared so. */
export type StoreOf<D> =
  D extends KeyValueStoreDeclaration<infer K, infer V>
    ? ProcessorKeyValueStore<K, V>
    : D extends WindowStoreDeclaration<infer K, infer V>
      ? ProcessorWindowStore<K, V>
      : D extends SessionStoreDeclaration<infer K, infer V>
        ? ProcessorSessionStore<K, V>
        : never
