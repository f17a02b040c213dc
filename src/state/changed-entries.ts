import type { HeldEntry } from './retained-entry.ts'

/** So many that have expired or were deleted are kept beside as many as have changed. */
const unchangedMax = 64

/**
 * What the changelog has yet to be told of the entries of a store that forgets by stream time.
 *
 * What expires needs no tombstone: whoever restores the changelog sees the same stream time and drops the same entries. So
 * stream time itself must reach the changelog, even where the entry that moved it was deleted before it was ever written.
 */
export class ChangedEntries<K, V, E extends HeldEntry<K, V> = HeldEntry<K, V>> {
  /** In the order of their first change; one that is not `changed` any more has expired or was deleted. */
  #entries: E[] = []
  #count = 0
  /** The entry that moved stream time last, until the changelog has a record of that time. */
  #newest: E | null = null

  mark(entry: E): void {
    if (entry.changed) return
    entry.changed = true
    this.#entries.push(entry)
    this.#count += 1
  }

  unmark(entry: E): void {
    if (!entry.changed) return
    entry.changed = false
    this.#count -= 1
    // In a fast replay nearly all expire before the changelog hears of them.
    if (this.#entries.length > 2 * this.#count + unchangedMax)
      this.#entries = this.#entries.filter(({ changed }) => changed)
  }

  /** Stream time is that of this entry now. */
  moved(entry: E): void {
    this.#newest = entry
  }

  get count(): number {
    return this.#count + (this.#newest !== null && this.#newest.stored.value === null ? 1 : 0)
  }

  /** Calls `log` once for each entry that changed and has not expired, in the order of their first change. */
  flush(oldestLive: number, log: (entry: E) => void, forget: (entry: E) => void): void {
    const entries = this.#entries
    let newestUnlogged = this.#newest
    this.#entries = []
    this.#newest = null
    for (const entry of entries) {
      if (!entry.changed) continue
      this.unmark(entry)
      if (entry.time < oldestLive) continue
      log(entry)
      entry.logged = true
      if (entry.time === newestUnlogged?.time) newestUnlogged = null
      if (entry.stored.value === null) forget(entry)
    }
    // Only a deleted entry can be left here: its tombstone carries stream time.
    if (newestUnlogged !== null) log(newestUnlogged)
  }
}
