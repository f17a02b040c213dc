import type { Window, Windowed } from '../core/windowed.ts'
import type { StateStore } from './state-store.ts'

export interface ReadOnlySessionStore<K, A> {
  readonly name: string
  fetchSession(key: K, start: number, end: number): A | null
  /** Sessions of `key` with `end >= earliestEnd` and `start <= latestStart`, ascending by (end, start). */
  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<readonly [session: Window, aggregate: A]>
  /** All sessions, ascending by (end, start, key bytes). */
  all(): Iterable<readonly [key: Windowed<K>, aggregate: A]>
}

/**
 * One aggregate per key and session [start, end], both inclusive. Sessions with `end <= stream time - retention` cannot be
 * read, and putting one is refused; stream time is the largest end that was ever put (Kafka Streams: InMemorySessionStore).
 */
export interface SessionStore<K, A> extends ReadOnlySessionStore<K, A>, StateStore {
  /** False when the session is older than the retention allows. Null deletes. */
  put(key: K, aggregate: A | null, session: Window, timestamp: number): boolean
  /** Sessions with `end <= latestEnd` that were not taken before, ascending by (end, start, key bytes); see `WindowStore`. */
  takeClosed(latestEnd: number): readonly (readonly [key: Windowed<K>, aggregate: A])[]
  /** No session that waits for `takeClosed` ends earlier; Infinity: none waits. */
  readonly firstWaiting: number
  readonly latestTimestamp: number
  /** The largest end for which `takeClosed` was called, also before a restart; -Infinity at first. */
  readonly lastClosed: number
}
