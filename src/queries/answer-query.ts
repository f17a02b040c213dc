import { QueryError } from '../core/errors.ts'
import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import type { Window } from '../core/windowed.ts'
import type { ReadOnlyKeyValueStore } from '../state/key-value-store.ts'
import type { ReadOnlySessionStore } from '../state/session-store.ts'
import type { StateStore } from '../state/state-store.ts'
import type { VersionedStore } from '../state/versioned-store.ts'
import type { ReadOnlyWindowStore } from '../state/window-store.ts'
import type { RawEntry, RawQuery } from './raw-query.ts'
import type { CatalogStore } from './store-catalog.ts'

type StoreAnswer = { readonly entries: readonly Omit<RawEntry, 'partition'>[] } | { readonly count: number }
type Found = readonly [key: unknown, value: unknown, timestamp: number, window: Window | null]
type Query<Kind extends RawQuery['kind']> = Extract<RawQuery, { readonly kind: Kind }>

/**
 * Asks the store of one task, in one go: nothing is processed meanwhile.
 * @throws QueryError `MILLRACE_STORE_KIND` when the store cannot be asked this
 */
export function answerQuery(store: StateStore, query: RawQuery, info: CatalogStore): StoreAnswer {
  if (query.kind === 'count') return { count: store.entryCount }
  const found = find(store, query, info)
  const bounded = 'limit' in query ? take(found, query.limit) : found
  return { entries: Array.from(bounded, (each) => toBytes(each, info)) }
}

function find(store: StateStore, query: Exclude<RawQuery, { kind: 'count' }>, info: CatalogStore): Iterable<Found> {
  const isWindowed = info.kind === 'window' || info.kind === 'session'
  if (isWindowed !== (query.kind === 'window' || query.kind === 'windows')) throw wrongKind(info)
  switch (query.kind) {
    case 'get':
      return get(store, query, info)
    case 'range':
      return range(store as ReadOnlyKeyValueStore<unknown, unknown> & StateStore, query, info)
    case 'window':
      return exactWindow(store, query, info)
    case 'windows':
      return info.kind === 'session'
        ? sessions(store as ReadOnlySessionStore<unknown, unknown> & StateStore, query, info)
        : windows(store as ReadOnlyWindowStore<unknown, unknown> & StateStore, query, info)
  }
}

export function wrongKind({ name, kind }: CatalogStore): QueryError {
  const message =
    kind === 'window' || kind === 'session'
      ? `the store ${name} keeps windows (${kind}): ask it for a key and a time, with fetch or fetchAll`
      : `the store ${name} keeps one value for each key (${kind}): ask it for keys, with get, range or scan`
  return new QueryError('MILLRACE_STORE_KIND', message, { store: name })
}

function get(store: StateStore, { key, asOf }: Query<'get'>, info: CatalogStore): Found[] {
  if (asOf !== null && info.kind !== 'versioned') {
    const message = `the store ${info.name} keeps no versions: ask without asOf, or declare the table with \`versioned\``
    throw new QueryError('MILLRACE_STORE_KIND', message, { store: info.name })
  }
  const live = info.key.deserialize(key)
  const found =
    asOf === null
      ? (store as unknown as ReadOnlyKeyValueStore<unknown, unknown>).get(live)
      : (store as VersionedStore<unknown, unknown>).getAsOf(live, asOf)
  return one(live, found, null)
}

function one(key: unknown, found: ValueAndTimestamp<unknown> | null, window: Window | null): Found[] {
  return found === null ? [] : [[key, found.value, found.timestamp, window]]
}

function* range(
  store: ReadOnlyKeyValueStore<unknown, unknown>,
  { from, to, after, descending }: Query<'range'>,
  { key: serde }: CatalogStore,
): Iterable<Found> {
  const live = (bytes: Uint8Array | null): unknown => (bytes === null ? null : serde.deserialize(bytes))
  const entries = store.range(live(descending ? from : (after ?? from)), live(descending ? (after ?? to) : to))
  for (const [key, { value, timestamp }] of descending ? [...entries].toReversed() : entries) {
    if (after === null || Buffer.compare(serde.serialize(key), after) !== 0) yield [key, value, timestamp, null]
  }
}

function exactWindow(store: StateStore, { key, start, end }: Query<'window'>, info: CatalogStore): Found[] {
  const live = info.key.deserialize(key)
  if (info.kind === 'window') {
    const found = (store as unknown as ReadOnlyWindowStore<unknown, unknown>).fetch(live, start)
    return one(live, found, { start, end: start + info.windowSizeMs })
  }
  const value = (store as unknown as ReadOnlySessionStore<unknown, unknown>).fetchSession(live, start, end)
  return value === null ? [] : [[live, value, end, { start, end }]]
}

function windows(
  store: ReadOnlyWindowStore<unknown, unknown>,
  { key, from, to, descending }: Query<'windows'>,
  { key: serde, windowSizeMs }: CatalogStore,
): readonly Found[] {
  if (key === null) {
    const inside = [...store.all()].filter(([{ window }]) => window.start >= from && window.start <= to)
    const found = inside.map(([each, { value, timestamp }]): Found => [each.key, value, timestamp, each.window])
    return descending ? found.toReversed() : found
  }
  const live = serde.deserialize(key)
  const entries = descending ? store.fetchRangeBackward(live, from, to) : store.fetchRange(live, from, to)
  return Array.from(entries, ([start, { value, timestamp }]): Found => {
    return [live, value, timestamp, { start, end: start + windowSizeMs }]
  })
}

/** A session's timestamp is its end, as everywhere (Kafka Streams keeps none with it). */
function sessions(
  store: ReadOnlySessionStore<unknown, unknown>,
  { key, from, to, descending }: Query<'windows'>,
  { key: serde }: CatalogStore,
): readonly Found[] {
  const live = key === null ? null : serde.deserialize(key)
  const found =
    key === null
      ? Array.from(store.all(), ([each, value]): Found => [each.key, value, each.window.end, each.window])
      : Array.from(store.findSessions(live, from, to), ([window, value]): Found => [live, value, window.end, window])
  const inside = found.filter(([, , , window]) => window!.end >= from && window!.start <= to)
  return descending ? inside.toReversed() : inside
}

function* take(found: Iterable<Found>, count: number): Iterable<Found> {
  let left = count
  for (const each of found) {
    if (left-- <= 0) return
    yield each
  }
}

function toBytes([key, value, timestamp, window]: Found, info: CatalogStore): Omit<RawEntry, 'partition'> {
  return { key: info.key.serialize(key), value: info.value.serialize(value), timestamp, window }
}
