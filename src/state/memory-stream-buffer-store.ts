import { noHeaders, streamRecord, type Headers, type StreamRecord } from '../core/stream-record.ts'
import { bytesWithFields, FieldReader } from './byte-fields.ts'
import { readWindowChangelogKey, windowChangelogKey } from './changelog-keys.ts'
import { asBuffer, compareText, keyCodec, type KeyCodec } from './key-codec.ts'
import { SortedSet } from './sorted-set.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'
import type { StreamBufferStore } from './stream-buffer-store.ts'

interface Entry<K, V> {
  readonly record: StreamRecord<K, V>
  readonly sequence: number
  /** Key bytes and sequence number, as Kafka Streams orders records of one time. */
  readonly sortKey: string
  live: boolean
  /** The changelog has a record of it. */
  logged: boolean
}

const sequenceMax = 0x7fffffff
/** Length of the header count. */
const countBytes = 4

/**
 * Changelog: key, timestamp and sequence number; int32 header count, per header its name and value, then the value's bytes;
 * record timestamp = the record's.
 */
export class MemoryStreamBufferStore<K, V> implements StreamBufferStore<K, V> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, V>
  readonly #codec: KeyCodec<K>
  readonly #inOrder = new SortedSet<Entry<K, V>>(
    (a, b) => a.record.timestamp - b.record.timestamp || compareText(a.sortKey, b.sortKey),
  )
  readonly #changed = new Set<Entry<K, V>>()
  #sequence = 0
  #count = 0
  #streamTime = -Infinity
  /** What was restored, by its changelog key: a tombstone may follow. Emptied by the first `put`. */
  readonly #restored = new Map<string, Entry<K, V>>()

  constructor(name: string, serdes: StoreSerdes<K, V>) {
    this.name = name
    this.#serdes = serdes
    this.#codec = keyCodec(serdes.key)
  }

  put({ key, value, timestamp, headers }: StreamRecord<K, V>): void {
    if (this.#restored.size > 0) this.#restored.clear()
    this.#sequence = (this.#sequence + 1) & sequenceMax
    this.#changed.add(this.#add(streamRecord(key, value, timestamp, copyOf(headers)), this.#sequence))
  }

  get streamTime(): number {
    return this.#streamTime
  }

  elapse(ms: number): void {
    this.#streamTime += ms
  }

  takeUntil(time: number): StreamRecord<K, V> | null {
    const entry = this.#inOrder.first
    if (entry === undefined || entry.record.timestamp > time) return null
    this.#remove(entry)
    if (entry.logged) this.#changed.add(entry)
    else this.#changed.delete(entry)
    return entry.record
  }

  flushChangelog(sink: ChangelogSink): void {
    for (const entry of this.#changed) {
      const { key, timestamp } = entry.record
      const keyBytes = windowChangelogKey(this.#serdes.key.serialize(key), timestamp, entry.sequence)
      sink(keyBytes, entry.live ? this.#valueBytes(entry.record) : null, timestamp)
      entry.logged = true
    }
    this.#changed.clear()
  }

  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null): void {
    const id = Buffer.from(keyBytes).toString('latin1')
    const known = this.#restored.get(id)
    if (known !== undefined) {
      this.#remove(known)
      this.#restored.delete(id)
    }
    const { key, windowStart: timestamp, sequence } = readWindowChangelogKey(keyBytes)
    this.#sequence = Math.max(this.#sequence, sequence)
    this.#streamTime = Math.max(this.#streamTime, timestamp)
    if (valueBytes === null) return
    const [value, headers] = this.#readValue(valueBytes)
    const entry = this.#add(streamRecord(this.#serdes.key.deserialize(key), value, timestamp, headers), sequence)
    entry.logged = true
    this.#restored.set(id, entry)
  }

  get changedCount(): number {
    return this.#changed.size
  }

  get entryCount(): number {
    return this.#count
  }

  #add(record: StreamRecord<K, V>, sequence: number): Entry<K, V> {
    const sortKey = this.#codec.sortKey(record.key) + sequenceText(sequence)
    const entry: Entry<K, V> = { record, sequence, sortKey, live: true, logged: false }
    this.#inOrder.add(entry)
    this.#count += 1
    this.#streamTime = Math.max(this.#streamTime, record.timestamp)
    return entry
  }

  #remove(entry: Entry<K, V>): void {
    this.#inOrder.remove(entry)
    entry.live = false
    this.#count -= 1
  }

  #valueBytes({ value, headers }: StreamRecord<K, V>): Uint8Array {
    const fields = headers.flatMap(([name, bytes]) => [Buffer.from(name), bytes])
    const written = bytesWithFields(countBytes, [...fields, this.#serdes.value.serialize(value)])
    written.writeInt32BE(headers.length)
    return written
  }

  #readValue(bytes: Uint8Array): readonly [V, Headers] {
    const reader = new FieldReader(bytes, countBytes)
    const headers = Array.from({ length: asBuffer(bytes).readInt32BE() }, () => {
      const name = reader.field()!.toString()
      return [name, reader.field()] as const
    })
    return [this.#serdes.value.deserialize(reader.field()!), copyOf(headers)]
  }
}

/** In the order of its four bytes. */
function sequenceText(sequence: number): string {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(sequence)
  return bytes.toString('latin1')
}

/** Their bytes may be views on what was fetched, which must not live as long as the buffer's records. */
function copyOf(headers: Headers): Headers {
  if (headers.length === 0) return noHeaders
  return headers.map(([name, value]) => [name, value === null ? null : Uint8Array.from(value)] as const)
}
