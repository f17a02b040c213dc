import type { Window } from '../core/windowed.ts'
import type { RawEntry } from './raw-query.ts'
import type { CatalogStore } from './store-catalog.ts'

export interface DecodedEntry {
  readonly key: unknown
  readonly value: unknown
  readonly timestamp: number
  readonly window?: Window
}

/** Another instance may have written with a schema that is not known here yet. */
export async function primeEntries({ key, value }: CatalogStore, entries: readonly RawEntry[]): Promise<void> {
  for (const entry of entries) {
    const waits = [key.prime?.(entry.key), value.prime?.(entry.value)].filter((wait) => wait !== undefined)
    if (waits.length > 0) await Promise.all(waits)
  }
}

export function decodeEntry({ key, value }: CatalogStore, entry: RawEntry): DecodedEntry {
  const { timestamp, window } = entry
  const decoded = { key: key.deserialize(entry.key), value: value.deserialize(entry.value), timestamp }
  return window === null ? decoded : { ...decoded, window }
}
