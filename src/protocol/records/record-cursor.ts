import { noHeaders, type Headers } from '../../core/stream-record.ts'
import { decompress } from '../compression/compression.ts'
import { ByteReader } from '../wire/byte-reader.ts'
import type { BatchHeader } from './batch-header.ts'
import { corruptRecords, type RecordsPlace } from './corrupt-records.ts'

/** A record of nothing: its length, attributes, two deltas, no key, no value, no headers. */
const recordBytesMin = 7
const nothing = Buffer.alloc(0)

/**
 * Goes over the records of one batch after the other and makes no object for any: the record's fields stand on the cursor,
 * keys and values are views of the batch, headers are read when asked for.
 */
export class RecordCursor {
  readonly #place: RecordsPlace
  #batch: BatchHeader | undefined
  #body: Buffer = nothing
  #bodyStart = 0
  #at = 0
  #end = 0
  #left = 0
  #baseOffset = 0
  #baseTimestamp = 0
  #lastOffsetDelta = 0
  #appendTime = 0
  #hasAppendTime = false
  offset = 0
  timestamp = -1
  /** Where key and value lie in `body`, and where the record ends. A negative length: null. */
  keyAt = 0
  keyLength = -1
  valueAt = 0
  valueLength = -1
  recordEnd = 0

  constructor(place: RecordsPlace) {
    this.#place = place
  }

  /** What the batch's keys and values are views of: decompressed, or the buffer of the batch. */
  get body(): Buffer {
    return this.#body
  }

  /** Where the records of the batch that is open begin in `body`. */
  get bodyStart(): number {
    return this.#bodyStart
  }

  get bodyEnd(): number {
    return this.#end
  }

  /**
   * Before the first record of `batch`, control batches included.
   *
   * @throws BrokerError `MILLRACE_RECORDS_CORRUPT` when the checksum does not fit or it does not decompress
   */
  open(batch: BatchHeader): void {
    this.verify(batch)
    this.#batch = batch
    this.#decompress(batch)
    this.#left = batch.count
    if (this.#left < 0 || this.#left * recordBytesMin > this.#end - this.#at) throw this.#corrupt('a false count')
    this.#baseOffset = batch.baseOffset
    this.#baseTimestamp = batch.baseTimestamp
    this.#lastOffsetDelta = batch.lastOffsetDelta
    this.#hasAppendTime = batch.hasAppendTime
    this.#appendTime = batch.maxTimestamp
  }

  /** @throws BrokerError `MILLRACE_RECORDS_CORRUPT` when the checksum does not fit */
  verify(batch: BatchHeader): void {
    if (!batch.checksumFits) throw corruptRecords(batch, this.#place, 'its checksum does not fit')
  }

  #decompress(batch: BatchHeader): void {
    const { bytes, bodyStart, end, compressionCode } = batch
    this.#bodyStart = compressionCode === 0 ? bodyStart : 0
    this.#at = this.#bodyStart
    this.#end = end
    this.#body = bytes
    if (compressionCode === 0) return
    try {
      this.#body = decompress(bytes.subarray(bodyStart, end), compressionCode)
    } catch (error) {
      throw this.#corrupt(error instanceof Error ? error.message : String(error), error)
    }
    this.#end = this.#body.length
  }

  #corrupt(what: string, cause?: unknown): Error {
    return corruptRecords(this.#batch!, this.#place, what, cause)
  }

  /** Goes to the next record; false behind the last one. */
  next(): boolean {
    if (this.#left === 0) return false
    this.#left--
    const length = this.#varint()
    const end = this.#at + length
    if (length < recordBytesMin - 1 || end > this.#end) throw this.#corrupt('a record runs over the end')
    this.#at++
    const timestamp = this.#baseTimestamp + this.#varlong()
    this.timestamp = this.#hasAppendTime ? this.#appendTime : timestamp
    const delta = this.#varint()
    if (delta < 0 || delta > this.#lastOffsetDelta) throw this.#corrupt('a record outside the offsets of its batch')
    this.offset = this.#baseOffset + delta
    const keyLength = this.#varint()
    this.keyLength = keyLength
    this.keyAt = this.#at
    if (keyLength > 0) this.#at += keyLength
    // Behind the end the next length would be read from what is no part of the record.
    if (this.#at >= end) throw this.#corrupt('a key runs over the end of its record')
    const valueLength = this.#varint()
    this.valueLength = valueLength
    this.valueAt = this.#at
    if (valueLength > 0) this.#at += valueLength
    if (this.#at >= end) throw this.#corrupt('a value runs over the end of its record')
    this.#skipHeaders(end)
    this.recordEnd = end
    return true
  }

  /** Walks over them, so that reading them later cannot fail. Nearly always there are none. */
  #skipHeaders(end: number): void {
    let lengths = 2 * this.#varint()
    for (; lengths > 0 && this.#at < end; lengths--) {
      const length = this.#varint()
      if (length > 0) this.#at += length
    }
    if (lengths !== 0 || this.#at !== end) throw this.#corrupt('the headers of a record do not end where it ends')
  }

  key(): Buffer | null {
    return this.keyLength < 0 ? null : this.#body.subarray(this.keyAt, this.keyAt + this.keyLength)
  }

  value(): Buffer | null {
    return this.valueLength < 0 ? null : this.#body.subarray(this.valueAt, this.valueAt + this.valueLength)
  }

  headers(): Headers {
    return readHeaders(this.#body, this.valueAt + Math.max(0, this.valueLength), this.recordEnd)
  }

  /** Zig-zag in at most five bytes. Past the end of the buffer a byte reads as 0, which ends the number. */
  #varint(): number {
    const body = this.#body
    let byte = body[this.#at++]!
    let value = byte & 0x7f
    for (let shift = 7; byte > 0x7f && shift < 35; shift += 7) {
      byte = body[this.#at++]!
      value |= (byte & 0x7f) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  /** Zig-zag in at most ten bytes, as a double. */
  #varlong(): number {
    const body = this.#body
    let byte = body[this.#at++]!
    let value = byte & 0x7f
    for (let scale = 128; byte > 0x7f && scale < 1e21; scale *= 128) {
      byte = body[this.#at++]!
      value += (byte & 0x7f) * scale
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}

/** The headers that fill `body[start, end)`, of a record that the cursor has gone over. */
export function readHeaders(body: Buffer, start: number, end: number): Headers {
  if (body[start] === 0) return noHeaders
  const reader = new ByteReader(body.subarray(0, end), start)
  const count = reader.varint()
  if (count <= 0) return noHeaders
  const headers: [string, Uint8Array | null][] = []
  for (let i = 0; i < count; i++) {
    const name = reader.varintBytes() ?? nothing
    headers.push([name.toString('utf8'), reader.varintBytes()])
  }
  return headers
}
