import { valueAndTimestamp } from '../core/value-and-timestamp.ts'
import { windowed, type Window, type Windowed } from '../core/windowed.ts'
import { readSessionChangelogKey, sessionChangelogKey } from './changelog-keys.ts'
import { keyCodec } from './key-codec.ts'
import { RetainedEntries, type RetainedEntry } from './retained-entries.ts'
import type { SessionStore } from './session-store.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'

/** Changelog: key, end and start; aggregate bytes; the timestamp given to `put`. */
export class MemorySessionStore<K, A> implements SessionStore<K, A> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, A>
  /** A session's end is its time, its start the order among those that end together. */
  readonly #sessions: RetainedEntries<K, A>

  constructor(name: string, serdes: StoreSerdes<K, A>, options: { retentionMs: number }) {
    this.name = name
    this.#serdes = serdes
    this.#sessions = new RetainedEntries(keyCodec(serdes.key), options.retentionMs)
  }

  fetchSession(key: K, start: number, end: number): A | null {
    return this.#sessions.get(key, end, start)?.value ?? null
  }

  findSessions(key: K, earliestEnd: number, latestStart: number): (readonly [Window, A])[] {
    return this.#sessions
      .select(key, earliestEnd, Infinity, ({ time, order }, { value }) => [{ start: order, end: time }, value] as const)
      .filter(([{ start }]) => start <= latestStart)
  }

  all(): (readonly [Windowed<K>, A])[] {
    return this.#sessions.all().map(({ key, time, order, stored }) => [windowed(key, order, time), stored.value])
  }

  put(key: K, aggregate: A | null, session: Window, timestamp: number): boolean {
    return this.#sessions.put(key, session.end, session.start, valueAndTimestamp(aggregate, timestamp))
  }

  flushChangelog(sink: ChangelogSink): void {
    this.#sessions.flush((entry) => this.#log(entry, sink))
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    const { key, start, end } = readSessionChangelogKey(keyBytes)
    const aggregate = valueBytes === null ? null : this.#serdes.value.deserialize(valueBytes)
    this.#sessions.restore(this.#serdes.key.deserialize(key), end, start, valueAndTimestamp(aggregate, timestamp))
  }

  get changedCount(): number {
    return this.#sessions.changedCount
  }

  get entryCount(): number {
    return this.#sessions.liveCount
  }

  #log({ owner, time, order, stored }: RetainedEntry<K, A>, sink: ChangelogSink): void {
    const { key, value } = this.#serdes
    const valueBytes = stored.value === null ? null : value.serialize(stored.value)
    sink(sessionChangelogKey(key.serialize(owner.key), order, time), valueBytes, stored.timestamp)
  }
}
