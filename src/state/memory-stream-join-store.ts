import { valueAndTimestamp } from '../core/value-and-timestamp.ts'
import { readWindowChangelogKey, windowChangelogKey } from './changelog-keys.ts'
import { keyCodec } from './key-codec.ts'
import { RetainedEntries } from './retained-entries.ts'
import type { HeldEntry } from './retained-entry.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'
import type { StreamJoinStore } from './stream-join-store.ts'

/** Sequence numbers of changelog records run to here and start again, as in Kafka Streams. */
const sequenceMax = 0x7fffffff

/** Changelog: key, record time and sequence number; value bytes; record timestamp = the record's time. */
export class MemoryStreamJoinStore<K, V> implements StreamJoinStore<K, V> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, V>
  readonly #records: RetainedEntries<K, V>
  #arrivals = 0
  /** Of the changelog's latest record; goes on from there after a restore, or new records would replace old ones. */
  #sequence = 0

  constructor(name: string, serdes: StoreSerdes<K, V>, options: { retentionMs: number }) {
    this.name = name
    this.#serdes = serdes
    this.#records = new RetainedEntries(keyCodec(serdes.key), options.retentionMs)
  }

  put(key: K, value: V, timestamp: number): boolean {
    return this.#records.put(key, timestamp, valueAndTimestamp(value, timestamp), this.#nextArrival())
  }

  fetch(key: K, from: number, to: number): (readonly [number, V])[] {
    return this.#records.select(key, from, to, ({ time }, { value }) => [time, value] as const)
  }

  flushChangelog(sink: ChangelogSink): void {
    this.#records.flush((entry) => this.#log(entry, sink))
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null, timestamp: number): void {
    if (valueBytes === null) return
    const { key, windowStart, sequence } = readWindowChangelogKey(keyBytes)
    this.#sequence = sequence
    const stored = valueAndTimestamp(this.#serdes.value.deserialize(valueBytes), timestamp)
    this.#records.restore(this.#serdes.key.deserialize(key), windowStart, stored, this.#nextArrival())
  }

  elapse(ms: number): void {
    this.#records.elapse(ms)
  }

  get latestTimestamp(): number {
    return this.#records.latestTimestamp
  }

  get changedCount(): number {
    return this.#records.changedCount
  }

  get entryCount(): number {
    return this.#records.liveCount
  }

  #nextArrival(): number {
    this.#arrivals += 1
    return this.#arrivals
  }

  #log({ key, time, stored }: HeldEntry<K, V>, sink: ChangelogSink): void {
    this.#sequence = this.#sequence === sequenceMax ? 0 : this.#sequence + 1
    const keyBytes = windowChangelogKey(this.#serdes.key.serialize(key), time, this.#sequence)
    // Nothing deletes these records: each value is the one that was put.
    sink(keyBytes, this.#serdes.value.serialize(stored.value as V), stored.timestamp)
  }
}
