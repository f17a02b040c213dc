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
 * @example const seen = keyValueStore('seen', { key: string(), value: json<number>() })
 */
export function keyValueStore<K, V>(name: string, options: DeclaredStoreOptions<K, V>): KeyValueStoreDeclaration<K, V> {
  return Object.freeze({ kind: 'key-value', name, key: options.key, value: options.value })
}

/**
 * Declares a window store: one value per key and window start; otherwise as `keyValueStore`.
 * @param options.size only says where a window ends: `[start, start + size)`
 * @param options.retention how long windows can be read, in event time; at least `size`
 * @throws TopologyError when `retention` is shorter than `size`
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

/** Declares a session store: one value per key and session; otherwise as `keyValueStore`. `retention` as for `windowStore`. */
export function sessionStore<K, V>(
  name: string,
  options: DeclaredStoreOptions<K, V> & { readonly retention: Duration },
): SessionStoreDeclaration<K, V> {
  const retentionMs = durationMs(options.retention, `retention of ${name}`)
  return Object.freeze({ kind: 'session', name, key: options.key, value: options.value, retentionMs })
}
