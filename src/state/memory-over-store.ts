import { keyCodec, type KeyCodec, type MapKey } from './key-codec.ts'
import { MemoryOverLog } from './memory-over-log.ts'
import type { OverStore } from './over-store.ts'
import type { ChangelogSink, StoreSerdes } from './state-store.ts'

const suffixBytes = 12
/** Shorter than the suffix of an entry, so that no entry's key can equal it. */
const streamTimeKey = Buffer.from('stream-time', 'ascii')
const bucketsPerRetention = 128

export class MemoryOverStore<K, V> implements OverStore<K, V> {
  readonly name: string
  readonly #serdes: StoreSerdes<K, V>
  readonly #codec: KeyCodec<K>
  readonly #retentionMs: number
  readonly #logs = new Map<MapKey, MemoryOverLog<K, V>>()
  #entryCount = 0
  #streamTime = -1
  /** The stream time that the changelog, with what waits for it, tells. */
  #toldTime = -1

  /** Logs by the time of their oldest entry, so that only those with something to forget are visited. */
  readonly #buckets = new Map<number, MemoryOverLog<K, V>[]>()
  readonly #bucketMs: number
  /** All buckets before this one are done. */
  #nextBucket = 0

  /** What waits for the changelog: parallel arrays, one element per put. */
  #waitingLogs: MemoryOverLog<K, V>[] = []
  #waitingTimes: number[] = []
  #waitingSequences: number[] = []
  #waitingValues: V[] = []

  constructor(name: string, serdes: StoreSerdes<K, V>, options: { readonly retentionMs: number }) {
    this.name = name
    this.#serdes = serdes
    this.#codec = keyCodec(serdes.key)
    this.#retentionMs = options.retentionMs
    this.#bucketMs = Math.max(1, Math.floor(options.retentionMs / bucketsPerRetention))
  }

  get streamTime(): number {
    return this.#streamTime
  }

  get entryCount(): number {
    return this.#entryCount
  }

  get changedCount(): number {
    return this.#waitingTimes.length + (this.#toldTime < this.#streamTime ? 1 : 0)
  }

  log(key: K): MemoryOverLog<K, V> | undefined {
    return this.#logs.get(this.#codec.mapKey(key))
  }

  put(key: K, value: V, time: number): MemoryOverLog<K, V> {
    const log = this.#logOf(key)
    const position = this.#insert(log, value, time)
    this.#waitingLogs.push(log)
    this.#waitingTimes.push(time)
    this.#waitingSequences.push(position - log.positionAfter(time - 1, position))
    this.#waitingValues.push(value)
    this.#toldTime = Math.max(this.#toldTime, time)
    return log
  }

  undoPut(): void {
    const log = this.#waitingLogs.pop()!
    const time = this.#waitingTimes.pop()!
    this.#waitingSequences.pop()
    this.#waitingValues.pop()
    log.remove(log.positionAfter(time, log.end) - 1)
    this.#entryCount--
    // The largest told time may have been this entry's; saying it once more than needed does no harm.
    this.#toldTime = Math.min(this.#toldTime, time - 1)
  }

  advance(time: number): void {
    if (time <= this.#streamTime) return
    this.#streamTime = time
    const next = Math.floor((time - this.#retentionMs) / this.#bucketMs)
    if (next <= this.#nextBucket) return
    // After a jump in time there are fewer buckets than numbers in between.
    if (next - this.#nextBucket > this.#buckets.size) {
      for (const bucket of this.#buckets.keys()) if (bucket < next) this.#forgetBucket(bucket)
    } else {
      for (let bucket = this.#nextBucket; bucket < next; bucket++) this.#forgetBucket(bucket)
    }
    this.#nextBucket = next
  }

  elapse(ms: number): void {
    if (this.#streamTime < 0) return
    this.advance(this.#streamTime + ms)
    // A record a second, for ever, would be the price of telling it.
    this.#toldTime = this.#streamTime
  }

  flushChangelog(sink: ChangelogSink): void {
    for (let i = 0; i < this.#waitingTimes.length; i++) {
      const time = this.#waitingTimes[i]!
      const key = this.#entryKey(this.#waitingLogs[i]!.key, time, this.#waitingSequences[i]!)
      sink(key, this.#serdes.value.serialize(this.#waitingValues[i]!), time)
    }
    if (this.#toldTime < this.#streamTime) sink(streamTimeKey, int64(this.#streamTime), this.#streamTime)
    this.#toldTime = this.#streamTime
    this.#waitingLogs = []
    this.#waitingTimes = []
    this.#waitingSequences = []
    this.#waitingValues = []
  }

  /** Relies on the changelog's order being the order of arrival; a record that the log holds twice replaces itself. */
  restore(keyBytes: Uint8Array, valueBytes: Uint8Array | null): void {
    if (valueBytes === null) return
    if (keyBytes.length < suffixBytes) return this.#restoreStreamTime(int64Of(viewOf(valueBytes)))
    const suffix = viewOf(keyBytes.subarray(-suffixBytes))
    const time = int64Of(suffix)
    this.#restoreStreamTime(time)
    if (time < this.#streamTime - this.#retentionMs) return
    const log = this.#logOf(this.#serdes.key.deserialize(keyBytes.subarray(0, -suffixBytes)))
    const value = this.#serdes.value.deserialize(valueBytes)
    const next = log.positionAfter(time, log.end)
    const position = log.positionAfter(time - 1, next) + suffix.getInt32(8)
    if (position < next) log.replaceValue(position, value)
    else this.#insert(log, value, time)
  }

  #restoreStreamTime(time: number): void {
    this.advance(time)
    this.#toldTime = this.#streamTime
  }

  #logOf(key: K): MemoryOverLog<K, V> {
    const mapKey = this.#codec.mapKey(key)
    let log = this.#logs.get(mapKey)
    if (log === undefined) {
      log = new MemoryOverLog(key)
      this.#logs.set(mapKey, log)
    }
    return log
  }

  #insert(log: MemoryOverLog<K, V>, value: V, time: number): number {
    const position = log.insert(time, value)
    this.#entryCount++
    // An older entry than the log's bucket says: it is in that bucket too, until the first of the two is done.
    if (Math.floor(time / this.#bucketMs) < log.bucket) this.#enter(log, time)
    return position
  }

  #enter(log: MemoryOverLog<K, V>, oldestTime: number): void {
    log.bucket = Math.floor(oldestTime / this.#bucketMs)
    const logs = this.#buckets.get(log.bucket)
    if (logs === undefined) this.#buckets.set(log.bucket, [log])
    else logs.push(log)
  }

  /** Each visit forgets at least the entry that the log was entered for: O(1) per entry over all keys. */
  #forgetBucket(bucket: number): void {
    const logs = this.#buckets.get(bucket)
    if (logs === undefined) return
    this.#buckets.delete(bucket)
    for (const log of logs) {
      if (log.bucket !== bucket) continue
      this.#entryCount -= log.forgetBefore(this.#streamTime - this.#retentionMs)
      if (log.head < log.end) this.#enter(log, log.timeAt(log.head))
      else this.#logs.delete(this.#codec.mapKey(log.key))
    }
  }

  #entryKey(key: K, time: number, sequence: number): Buffer {
    const keyBytes = this.#serdes.key.serialize(key)
    const bytes = Buffer.allocUnsafe(keyBytes.length + suffixBytes)
    bytes.set(keyBytes)
    bytes.writeBigInt64BE(BigInt(time), keyBytes.length)
    bytes.writeInt32BE(sequence, keyBytes.length + 8)
    return bytes
  }
}

function int64(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

const int64Of = (view: DataView): number => Number(view.getBigInt64(0))

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
