import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'

/** A value from its timestamp on; null: deleted then. */
export type Version<V> = ValueAndTimestamp<V | null>

/** The last of `versions`, ascending by timestamp, that is not after `time`; -1 when all are. */
export function indexAsOf(versions: readonly Version<unknown>[], time: number): number {
  let low = 0
  let high = versions.length
  // Most reads and writes are at the end.
  if (high > 0 && versions[high - 1]!.timestamp <= time) return high - 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (versions[middle]!.timestamp <= time) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Puts it at its place, over a version with its timestamp; true when it is then the last. */
export function insertVersion<V>(versions: Version<V>[], version: Version<V>): boolean {
  const index = indexAsOf(versions, version.timestamp)
  const replaces = versions[index]?.timestamp === version.timestamp
  if (replaces) versions[index] = version
  else if (index === versions.length - 1) versions.push(version)
  else versions.splice(index + 1, 0, version)
  return versions[versions.length - 1] === version
}
