import { assert } from '../core/assert.ts'
import type { Payload } from '../core/payload.ts'
import { valueAndTimestamp } from '../core/value-and-timestamp.ts'
import { windowed, type Window, type Windowed } from '../core/windowed.ts'
import { payloadWriter } from '../serde/text-serde.ts'
import { readSessionChangelogKey, sessionChangelogKey } from './changelog-keys.ts'
import { FinalResults } from './final-results.ts'
import { keyCodec } from './key-codec.ts'
import { RetainedEntries } from './retained-entries.ts'
import type { HeldEntry } from './retained-entry.ts'
import type { SessionStore } from './session-store.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'

export interface SessionStoreOptions {
  readonly retentionMs: number
  /** Made for `takeClosed`. */
  readonly emitFinal?: boolean
}

/** Changelog: key, end and start; aggregate bytes; the timestamp given to `put`. */
export class MemorySessionStore<K, A> implements SessionStore<K, A> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, A>
  readonly #writeKey: (key: K) => Payload
  readonly #writeValue: (value: A) => Payload
  /** A session's end is its time, its start the order among those that end together. */
  readonly #sessions: RetainedEntries<K, A>
  readonly #finals: FinalResults<K, A> | null

  constructor(name: string, serdes: StoreSerdes<K, A>, options: SessionStoreOptions) {
    this.name = name
    this.#serdes = serdes
    this.#writeKey = payloadWriter(serdes.key)
    this.#writeValue = payloadWriter(serdes.value)
    const codec = keyCodec(serdes.key)
    this.#finals = options.emitFinal === true ? new FinalResults(codec) : null
    this.#sessions = new RetainedEntries(codec, options.retentionMs, this.#finals)
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
    return this.#sessions.put(key, session.end, valueAndTimestamp(aggregate, timestamp), session.start)
  }

  takeClosed(latestEnd: number): (readonly [Windowed<K>, A])[] {
    assert(this.#finals !== null, `store ${this.name} was not made for final results`)
    return this.#finals
      .take(latestEnd)
      .map(({ key, time, order, stored }) => [windowed(key, order, time), stored.value as A])
  }

  flushChangelog(sink: ChangelogSink): void {
    this.#sessions.flush((entry) => this.#log(entry, sink))
    this.#finals?.flush(sink)
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    if (this.#finals?.restore(keyBytes, valueBytes) === true) return
    const { key, start, end } = readSessionChangelogKey(keyBytes)
    const aggregate = valueBytes === null ? null : this.#serdes.value.deserialize(valueBytes)
    this.#sessions.restore(this.#serdes.key.deserialize(key), end, valueAndTimestamp(aggregate, timestamp), start)
  }

  committed(): void {
    this.#finals?.committed()
  }

  get lastClosed(): number {
    return this.#finals?.lastClosed ?? -Infinity
  }

  get firstWaiting(): number {
    return this.#finals?.firstWaiting ?? Infinity
  }

  elapse(ms: number): void {
    this.#sessions.elapse(ms)
  }

  get latestTimestamp(): number {
    return this.#sessions.latestTimestamp
  }

  get changedCount(): number {
    return this.#sessions.changedCount + (this.#finals?.changedCount ?? 0)
  }

  get entryCount(): number {
    return this.#sessions.liveCount
  }

  #log({ key, time, order, stored }: HeldEntry<K, A>, sink: ChangelogSink): void {
    const valueBytes = stored.value === null ? null : this.#writeValue(stored.value)
    sink(sessionChangelogKey(this.#writeKey(key), order, time), valueBytes, stored.timestamp)
  }
}
