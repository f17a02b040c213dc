import type { StateStore } from './state-store.ts'

/** Something that stands on positions of a log, such as the windows of `over`, and must know before they vanish. */
export interface OverLogFollower {
  /** Entries before `head` are about to be forgotten. Must not throw. */
  forgetting(head: number): void
}

/**
 * The entries of one key, ascending by time, then in the order of arrival. A position counts from the first entry the
 * log ever had, so forgetting does not move it; an entry put in between moves those behind it up by one.
 */
export interface OverLog<V> {
  /** Position of the oldest entry. */
  readonly head: number
  /** Position behind the newest entry. */
  readonly end: number
  valueAt(position: number): V
  /** First position whose time is after `time`, in O(log distance) from `hint`. */
  positionAfter(time: number, hint: number): number
  follower: OverLogFollower | undefined
}

/**
 * What `over` needs to know of the past: several values per key and time, until their retention has passed.
 *
 * Entries with `time < stream time - retention` are forgotten, a little late and many at a time: at the latest when
 * stream time has moved on by another 1/128 of the retention. Keys without entries go away entirely.
 *
 * Changelog: key bytes + int64 BE time + int32 BE sequence (0 for the first entry of that key and time) -> value bytes,
 * record timestamp = time. Nothing is ever deleted from it: its topic needs a retention. Stream time that no entry
 * tells stands in one further record: key `stream-time` in ASCII, value int64 BE, record timestamp = stream time.
 */
export interface OverStore<K, V> extends StateStore {
  /** The largest time that it was told, -1 before the first; survives a restart. */
  readonly streamTime: number
  /** Moves stream time forward, never back, and forgets what its retention has passed. */
  advance(time: number): void
  /** The log of a key that has entries. */
  log(key: K): OverLog<V> | undefined
  /** Adds an entry behind those of its time; `time` must not be before stream time - retention. */
  put(key: K, value: V, time: number): OverLog<V>
  /** Undoes the latest `put`, if nothing happened since. */
  undoPut(): void
}
