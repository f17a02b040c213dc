import { keyFromText } from './key-text.ts'
import { getQuery, invalid, rangeQuery, windowsQuery } from './query-options.ts'
import type { RawQuery } from './raw-query.ts'
import type { ResultOptions } from './reader.ts'
import type { CatalogStore } from './store-catalog.ts'

const defaultLimit = 100

/**
 * What the parameters of a URL ask of a store: of one key, or of all (`key` undefined). Lists ask for one entry more than the limit, by which
 * is seen whether there are more.
 * @throws QueryError `MILLRACE_QUERY_INVALID`, also for a parameter that does not exist
 */
export function urlQuery(store: CatalogStore, parameters: URLSearchParams, key?: unknown): RawQuery {
  const isWindowed = store.kind === 'window' || store.kind === 'session'
  if (key !== undefined && !isWindowed) {
    checkNames(store, parameters, ['asOf'])
    return getQuery(store, key, optional('asOf', readTime(store, parameters, 'asOf')))
  }
  checkNames(store, parameters, ['from', 'to', 'limit', 'order'])
  const options = resultOptions(store, parameters)
  if (!isWindowed) return oneMore(rangeQuery(store, { ...options, ...keyBounds(store, parameters) }))
  const from = optional('from', readTime(store, parameters, 'from'))
  return oneMore(
    windowsQuery(store, key, { ...options, ...from, ...optional('to', readTime(store, parameters, 'to')) }),
  )
}

function oneMore<Q extends RawQuery>(query: Q): Q {
  return 'limit' in query ? { ...query, limit: query.limit + 1 } : query
}

function optional<N extends string, T>(name: N, value: T | undefined): { readonly [K in N]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [K in N]?: T }
}

function checkNames(store: CatalogStore, parameters: URLSearchParams, known: readonly string[]): void {
  const strange = [...parameters.keys()].find((name) => !known.includes(name))
  if (strange === undefined) return
  throw invalid(store.name, `there is no parameter ${strange} here; there is ${known.join(', ')}`)
}

function resultOptions({ name }: CatalogStore, parameters: URLSearchParams): ResultOptions {
  const order = parameters.get('order') ?? 'ascending'
  if (order !== 'ascending' && order !== 'descending') {
    throw invalid(name, `order is ${order}: it must be ascending or descending`)
  }
  return { order, limit: Number(parameters.get('limit') ?? defaultLimit) }
}

function keyBounds(
  store: CatalogStore,
  parameters: URLSearchParams,
): { readonly from?: unknown; readonly to?: unknown } {
  const bound = (name: 'from' | 'to'): object => {
    const text = parameters.get(name)
    return text === null ? {} : { [name]: keyFromText(store, text) }
  }
  return { ...bound('from'), ...bound('to') }
}

/** Milliseconds since the epoch, or a date as in ISO 8601. */
function readTime({ name }: CatalogStore, parameters: URLSearchParams, what: string): number | undefined {
  const text = parameters.get(what)
  if (text === null) return undefined
  const time = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text)
  if (Number.isNaN(time))
    throw invalid(name, `${what} is ${text}: give milliseconds since the epoch, or a date such as 2026-01-31T12:00:00Z`)
  return time
}
