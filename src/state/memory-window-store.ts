import { assert } from '../core/assert.ts'
import type { Payload } from '../core/payload.ts'
import { valueAndTimestamp, type ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import { windowed, type Windowed } from '../core/windowed.ts'
import { payloadWriter } from '../serde/text-serde.ts'
import { readWindowChangelogKey, windowChangelogKey } from './changelog-keys.ts'
import { FinalResults } from './final-results.ts'
import { keyCodec } from './key-codec.ts'
import { RetainedEntries } from './retained-entries.ts'
import type { HeldEntry } from './retained-entry.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'
import { WindowMaps } from './window-maps.ts'
import type { WindowStore } from './window-store.ts'

/** So many starts at most may be alive for a map each. */
const startsMax = 2_000

export interface WindowStoreOptions {
  readonly retentionMs: number
  readonly windowSizeMs: number
  /** Windows start at its multiples; left out: at any time. */
  readonly advanceMs?: number
  /** Made for `takeClosed`. */
  readonly emitFinal?: boolean
}

/** Changelog: key, window start and sequence number 0; value bytes; record timestamp = the value's. */
export class MemoryWindowStore<K, V> implements WindowStore<K, V> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, V>
  readonly #writeKey: (key: K) => Payload
  readonly #writeValue: (value: V) => Payload
  readonly #windowSizeMs: number
  readonly #windows: RetainedEntries<K, V> | WindowMaps<K, V>
  readonly #finals: FinalResults<K, V> | null

  constructor(name: string, serdes: StoreSerdes<K, V>, options: WindowStoreOptions) {
    this.name = name
    this.#serdes = serdes
    this.#writeKey = payloadWriter(serdes.key)
    this.#writeValue = payloadWriter(serdes.value)
    this.#windowSizeMs = options.windowSizeMs
    const codec = keyCodec(serdes.key)
    this.#finals = options.emitFinal === true ? new FinalResults(codec) : null
    const { retentionMs, advanceMs = 0 } = options
    const Windows = retentionMs <= advanceMs * startsMax ? WindowMaps : RetainedEntries
    this.#windows = new Windows(codec, retentionMs, this.#finals)
  }

  fetch(key: K, windowStart: number): ValueAndTimestamp<V> | null {
    return this.#windows.get(key, windowStart)
  }

  fetchRange(key: K, from: number, to: number): (readonly [number, ValueAndTimestamp<V>])[] {
    return this.#windows.select(key, from, to, ({ time }, stored) => [time, stored] as const)
  }

  fetchRangeBackward(key: K, from: number, to: number): (readonly [number, ValueAndTimestamp<V>])[] {
    return this.fetchRange(key, from, to).reverse()
  }

  all(): (readonly [Windowed<K>, ValueAndTimestamp<V>])[] {
    return this.#windows.all().map(({ key, time, stored }) => [windowed(key, time, time + this.#windowSizeMs), stored])
  }

  put(key: K, value: V | null, windowStart: number, timestamp: number): boolean {
    return this.#windows.put(key, windowStart, valueAndTimestamp(value, timestamp))
  }

  takeClosed(latestStart: number): (readonly [Windowed<K>, ValueAndTimestamp<V>])[] {
    assert(this.#finals !== null, `store ${this.name} was not made for final results`)
    return this.#finals
      .take(latestStart)
      .map(({ key, time, stored }) => [windowed(key, time, time + this.#windowSizeMs), stored as ValueAndTimestamp<V>])
  }

  flushChangelog(sink: ChangelogSink): void {
    this.#windows.flush((entry) => this.#log(entry, sink))
    this.#finals?.flush(sink)
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    if (this.#finals?.restore(keyBytes, valueBytes) === true) return
    const { key, windowStart } = readWindowChangelogKey(keyBytes)
    const value = valueBytes === null ? null : this.#serdes.value.deserialize(valueBytes)
    this.#windows.restore(this.#serdes.key.deserialize(key), windowStart, valueAndTimestamp(value, timestamp))
  }

  committed(): void {
    this.#finals?.committed()
  }

  get streamTime(): number {
    return this.#windows.streamTime
  }

  get lastClosed(): number {
    return this.#finals?.lastClosed ?? -Infinity
  }

  get firstWaiting(): number {
    return this.#finals?.firstWaiting ?? Infinity
  }

  elapse(ms: number): void {
    this.#windows.elapse(ms)
  }

  get latestTimestamp(): number {
    return this.#windows.latestTimestamp
  }

  get changedCount(): number {
    return this.#windows.changedCount + (this.#finals?.changedCount ?? 0)
  }

  get entryCount(): number {
    return this.#windows.liveCount
  }

  #log({ key, time, stored }: HeldEntry<K, V>, sink: ChangelogSink): void {
    const valueBytes = stored.value === null ? null : this.#writeValue(stored.value)
    sink(windowChangelogKey(this.#writeKey(key), time, 0), valueBytes, stored.timestamp)
  }
}
