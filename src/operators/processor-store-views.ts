import type { Window, Windowed } from '../core/windowed.ts'
import { unreachable } from '../core/assert.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { SessionStore } from '../state/session-store.ts'
import type { WindowStore } from '../state/window-store.ts'
import type {
  ProcessorKeyValueStore,
  ProcessorSessionStore,
  ProcessorStore,
  ProcessorWindowStore,
  StoreDeclaration,
} from '../topology/processor-stores.ts'

/** The timestamp of the record or punctuation that is being processed; changes are logged with it. */
export type TimestampNow = () => number

/** A task's store as one processor sees it: plain values; the timestamps are kept for it. */
export function processorStore({ kind }: StoreDeclaration, store: unknown, now: TimestampNow): ProcessorStore {
  switch (kind) {
    case 'key-value':
      return new KeyValueView(store as KeyValueStore<unknown, unknown>, now)
    case 'window':
      return new WindowView(store as WindowStore<unknown, unknown>, now)
    case 'session':
      return new SessionView(store as SessionStore<unknown, unknown>, now)
    default:
      return unreachable(kind)
  }
}

class KeyValueView<K, V> implements ProcessorKeyValueStore<K, V> {
  readonly #store: KeyValueStore<K, V>
  readonly #now: TimestampNow

  constructor(store: KeyValueStore<K, V>, now: TimestampNow) {
    this.#store = store
    this.#now = now
  }

  get(key: K): V | null {
    return this.#store.get(key)?.value ?? null
  }

  put(key: K, value: V | null): void {
    if (value === null) this.#store.delete(key, this.#now())
    else this.#store.put(key, value, this.#now())
  }

  delete(key: K): void {
    this.#store.delete(key, this.#now())
  }

  all(): Iterable<readonly [K, V]> {
    return this.range(null, null)
  }

  *range(from: K | null, to: K | null): Iterable<readonly [K, V]> {
    for (const [key, { value }] of this.#store.range(from, to)) yield [key, value]
  }
}

class WindowView<K, V> implements ProcessorWindowStore<K, V> {
  readonly #store: WindowStore<K, V>
  readonly #now: TimestampNow

  constructor(store: WindowStore<K, V>, now: TimestampNow) {
    this.#store = store
    this.#now = now
  }

  fetch(key: K, windowStart: number): V | null {
    return this.#store.fetch(key, windowStart)?.value ?? null
  }

  *fetchRange(key: K, from: number, to: number): Iterable<readonly [number, V]> {
    for (const [start, { value }] of this.#store.fetchRange(key, from, to)) yield [start, value]
  }

  *all(): Iterable<readonly [Windowed<K>, V]> {
    for (const [key, { value }] of this.#store.all()) yield [key, value]
  }

  put(key: K, value: V | null, windowStart: number): boolean {
    return this.#store.put(key, value, windowStart, this.#now())
  }
}

class SessionView<K, V> implements ProcessorSessionStore<K, V> {
  readonly #store: SessionStore<K, V>
  readonly #now: TimestampNow

  constructor(store: SessionStore<K, V>, now: TimestampNow) {
    this.#store = store
    this.#now = now
  }

  fetchSession(key: K, start: number, end: number): V | null {
    return this.#store.fetchSession(key, start, end)
  }

  findSessions(key: K, earliestEnd: number, latestStart: number): Iterable<readonly [Window, V]> {
    return this.#store.findSessions(key, earliestEnd, latestStart)
  }

  all(): Iterable<readonly [Windowed<K>, V]> {
    return this.#store.all()
  }

  put(key: K, value: V | null, session: Window): boolean {
    return this.#store.put(key, value, session, this.#now())
  }
}
