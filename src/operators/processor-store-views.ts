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

/** What a view needs of its processor. */
export interface StoreCalls {
  /** The timestamp of the record or punctuation that is being processed; changes are logged with it. */
  readonly now: () => number
  /** A change was refused, for its time is older than the store's ttl. */
  readonly tooLate: () => void
}

/** A task's store as one processor sees it: plain values; the timestamps are kept for it. */
export function processorStore({ kind }: StoreDeclaration, store: unknown, calls: StoreCalls): ProcessorStore {
  switch (kind) {
    case 'key-value':
      return new KeyValueView(store as KeyValueStore<unknown, unknown>, calls)
    case 'window':
      return new WindowView(store as WindowStore<unknown, unknown>, calls)
    case 'session':
      return new SessionView(store as SessionStore<unknown, unknown>, calls)
    default:
      return unreachable(kind)
  }
}

class KeyValueView<K, V> implements ProcessorKeyValueStore<K, V> {
  readonly #store: KeyValueStore<K, V>
  readonly #calls: StoreCalls

  constructor(store: KeyValueStore<K, V>, calls: StoreCalls) {
    this.#store = store
    this.#calls = calls
  }

  get(key: K): V | null {
    return this.#store.get(key)?.value ?? null
  }

  put(key: K, value: V | null): void {
    if (value === null) return this.delete(key)
    if (this.#store.put(key, value, this.#calls.now()) === 'expired') this.#calls.tooLate()
  }

  delete(key: K): void {
    if (this.#store.delete(key, this.#calls.now()) === 'expired') this.#calls.tooLate()
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
  readonly #calls: StoreCalls

  constructor(store: WindowStore<K, V>, calls: StoreCalls) {
    this.#store = store
    this.#calls = calls
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
    return this.#store.put(key, value, windowStart, this.#calls.now())
  }
}

class SessionView<K, V> implements ProcessorSessionStore<K, V> {
  readonly #store: SessionStore<K, V>
  readonly #calls: StoreCalls

  constructor(store: SessionStore<K, V>, calls: StoreCalls) {
    this.#store = store
    this.#calls = calls
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
    return this.#store.put(key, value, session, this.#calls.now())
  }
}
