import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import type { MapKey } from './key-codec.ts'

/** All entries of one key, ascending by (time, order). */
export interface KeyEntries<K, V> {
  readonly mapKey: MapKey
  readonly entries: RetainedEntry<K, V>[]
  /** The slice of time that its latest new entry fell into. */
  lastSlice: number
}

/** A value in a store that forgets by stream time. */
export interface HeldEntry<K, V> {
  readonly key: K
  /** What the retention goes by: a window's start, a session's end, the time of a record that waits for a join. */
  readonly time: number
  /** Tells entries of one key and time apart: a session's start, the order of arrival. */
  readonly order: number
  /** A null value: deleted, and kept in its place until the changelog has the tombstone. */
  stored: ValueAndTimestamp<V | null>
  /** The changelog has a record of it. */
  logged: boolean
  /** The changelog is to be told of it. */
  changed: boolean
}

export interface RetainedEntry<K, V> extends HeldEntry<K, V> {
  readonly owner: KeyEntries<K, V>
}

export function entryAt<K, V>(
  { entries }: KeyEntries<K, V>,
  time: number,
  order: number,
): RetainedEntry<K, V> | undefined {
  const entry = entries[positionOf(entries, time, order)]
  return entry !== undefined && entry.time === time && entry.order === order ? entry : undefined
}

/** The index of the first entry at or after (time, order). Most uses are near the newest entry: gallop back to it, then halve. */
export function positionOf<K, V>(entries: readonly RetainedEntry<K, V>[], time: number, order: number): number {
  let high = entries.length
  let low = high - 1
  for (let step = 1; low >= 0 && !isBefore(entries[low]!, time, order); step *= 2) {
    high = low
    low -= step
  }
  low = Math.max(low + 1, 0)
  while (low < high) {
    const middle = (low + high) >>> 1
    if (isBefore(entries[middle]!, time, order)) low = middle + 1
    else high = middle
  }
  return low
}

function isBefore<K, V>(entry: RetainedEntry<K, V>, time: number, order: number): boolean {
  return entry.time < time || (entry.time === time && entry.order < order)
}
