import { durationMs, type Duration } from '../core/duration.ts'
import { TopologyError } from '../core/errors.ts'
import type { Serde } from '../serde/serde.ts'
import type {
  KeyValueStoreDeclaration,
  SessionStoreDeclaration,
  WindowStoreDeclaration,
} from '../topology/processor-stores.ts'

/** Serdes of a store, for its changelog. */
export interface DeclaredStoreOptions<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/**
 * Declares a key-value store for `process` and `processValues`: hand it over in their `stores`, and to `context.store`.
 * Processors that are given the same declaration share the store.
 * @param name of the store; its changelog is `<app>-<name>-changelog`
 * @param options.ttl how long an entry lives after the time of the record or punctuation that put it; default: for ever
 * @nulls Null keys are not allowed; putting null deletes.
 * @time With a `ttl`, an entry is deleted, from the changelog too, once the task's stream time minus `ttl` has passed its time; nobody is
 * told. A change whose own time is older is dropped and counted (`expired`).
 * @throws TopologyError when `ttl` is not above 0
 * @example const totals = keyValueStore('totals', { key: string(), value: json<number>() })
 * const running = amounts.process<string, number>(() => ({
 *   process(record, context) {
 *     const store = context.store(totals)
 *     store.put(record.key, (store.get(record.key) ?? 0) + record.value)
 *     context.forward({ ...record, value: store.get(record.key)! })
 *   },
 * }), { stores: [totals] })
 * // amounts <- ['ann', 5], ['ann', 3, '1s']; running -> ['ann', 5], ['ann', 8, '1s']
 */
export function keyValueStore<K, V>(
  name: string,
  options: DeclaredStoreOptions<K, V> & { readonly ttl?: Duration },
): KeyValueStoreDeclaration<K, V> {
  const declared = { kind: 'key-value', name, key: options.key, value: options.value } as const
  if (options.ttl === undefined) return Object.freeze(declared)
  const ttlMs = durationMs(options.ttl, `ttl of ${name}`)
  if (ttlMs <= 0) {
    throw new TopologyError([{ path: name, problem: `ttl is ${ttlMs} ms`, remedy: 'it must be above 0' }])
  }
  return Object.freeze({ ...declared, ttlMs })
}

/**
 * Declares a window store: one value per key and window start; otherwise as `keyValueStore`.
 * @param options.size only says where a window ends: `[start, start + size)`
 * @param options.retention how long windows can be read, in event time; at least `size`
 * @time What is older than the retention allows, counted back from the largest start that was put, is neither kept nor found.
 * @throws TopologyError when `retention` is shorter than `size`
 * @example const recent = windowStore('recent', { key: string(), value: string(), size: 1, retention: '1h' })
 * const repeated = words.process<string, number>(() => ({
 *   process(record, context) {
 *     const { key, value, timestamp } = record
 *     const store = context.store(recent)
 *     store.put(key, value, timestamp)
 *     context.forward({ ...record, value: [...store.fetchRange(key, timestamp - 60_000, timestamp)].length })
 *   },
 * }), { stores: [recent] })
 * // words <- ['ann', 'a', '1s'], ['ann', 'b', '2s'], ['ann', 'c', '62s']
 * // repeated -> ['ann', 1, '1s'], ['ann', 2, '2s'], ['ann', 2, '62s']
 */
export function windowStore<K, V>(
  name: string,
  options: DeclaredStoreOptions<K, V> & { readonly size: Duration; readonly retention: Duration },
): WindowStoreDeclaration<K, V> {
  const windowSizeMs = durationMs(options.size, `size of ${name}`)
  const retentionMs = durationMs(options.retention, `retention of ${name}`)
  if (retentionMs < windowSizeMs) {
    const problem = `its retention (${retentionMs} ms) is shorter than a window (${windowSizeMs} ms)`
    throw new TopologyError([{ path: name, problem, remedy: 'keep windows at least as long as one lasts' }])
  }
  return Object.freeze({ kind: 'window', name, key: options.key, value: options.value, windowSizeMs, retentionMs })
}

/**
 * Declares a session store: one value per key and session; otherwise as `keyValueStore`.
 * @param options.retention how long sessions can be read, in event time
 * @time As `windowStore`, counted back from the largest end that was put.
 * @example const visits = sessionStore('visits', { key: string(), value: json<number>(), retention: '1h' })
 * const known = words.process<string, number>(() => ({
 *   process(record, context) {
 *     const { key, timestamp } = record
 *     const store = context.store(visits)
 *     store.put(key, 1, { start: timestamp, end: timestamp })
 *     context.forward({ ...record, value: [...store.findSessions(key, timestamp - 30_000, timestamp)].length })
 *   },
 * }), { stores: [visits] })
 * // words <- ['ann', 'a', '1s'], ['ann', 'b', '20s'], ['ann', 'c', '60s']
 * // known -> ['ann', 1, '1s'], ['ann', 2, '20s'], ['ann', 1, '60s']
 */
export function sessionStore<K, V>(
  name: string,
  options: DeclaredStoreOptions<K, V> & { readonly retention: Duration },
): SessionStoreDeclaration<K, V> {
  const retentionMs = durationMs(options.retention, `retention of ${name}`)
  return Object.freeze({ kind: 'session', name, key: options.key, value: options.value, retentionMs })
}
