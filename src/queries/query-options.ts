import { QueryError } from '../core/errors.ts'
import type { GetOptions, RangeOptions, ResultOptions, TimeRangeOptions } from './reader.ts'
import type { RawQuery } from './raw-query.ts'
import type { CatalogStore } from './store-catalog.ts'

/** Entries of one answer. One more is asked for where the user gave no limit, to see whether that was all. */
export const entriesMax = 10_000

export function invalid(store: string, message: string, cause?: unknown): QueryError {
  return new QueryError('MILLRACE_QUERY_INVALID', message, { store, cause })
}

/** @throws QueryError `MILLRACE_QUERY_INVALID` when the store's serde refuses the key */
export function keyBytes({ name, key: serde }: CatalogStore, key: unknown): Uint8Array {
  try {
    return serde.serialize(key)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw invalid(name, `the key is not one of the store ${name}: ${why}`, cause)
  }
}

export function getQuery(store: CatalogStore, key: unknown, { asOf }: GetOptions): RawQuery {
  if (asOf !== undefined) checkTime(store, 'asOf', asOf)
  return { kind: 'get', key: keyBytes(store, key), asOf: asOf ?? null }
}

export function rangeQuery(store: CatalogStore, options: RangeOptions<unknown>): RawQuery & { kind: 'range' } {
  const { from, to } = options
  return {
    kind: 'range',
    from: from === undefined ? null : keyBytes(store, from),
    to: to === undefined ? null : keyBytes(store, to),
    after: null,
    ...bounds(store, options),
  }
}

/** `key` undefined: of all keys. */
export function windowsQuery(store: CatalogStore, key: unknown, options: TimeRangeOptions): RawQuery {
  const { from = Number.MIN_SAFE_INTEGER, to = Number.MAX_SAFE_INTEGER } = options
  checkTime(store, 'from', from)
  checkTime(store, 'to', to)
  return { kind: 'windows', key: key === undefined ? null : keyBytes(store, key), from, to, ...bounds(store, options) }
}

function bounds(
  { name }: CatalogStore,
  { limit, order = 'ascending' }: ResultOptions,
): { readonly limit: number; readonly descending: boolean } {
  if (limit !== undefined && !(Number.isInteger(limit) && limit >= 1 && limit <= entriesMax)) {
    throw invalid(name, `limit is ${limit}: it must be a whole number from 1 to ${entriesMax}`)
  }
  return { limit: limit ?? entriesMax + 1, descending: order === 'descending' }
}

/** @throws QueryError `MILLRACE_QUERY_INVALID` rather than leave entries out without a word */
export function checkComplete(store: CatalogStore, count: number): void {
  if (count <= entriesMax) return
  const isWindowed = store.kind === 'window' || store.kind === 'session'
  const remedy = isWindowed ? 'give a limit, or narrow the time' : 'give a limit, or read it with scan'
  throw invalid(store.name, `the result has more than ${entriesMax} entries: ${remedy}`)
}

function checkTime({ name }: CatalogStore, what: string, time: number): void {
  if (!Number.isSafeInteger(time))
    throw invalid(name, `${what} is ${time}: it must be whole milliseconds since the epoch`)
}
