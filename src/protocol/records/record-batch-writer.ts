import { payloadLength, writeText, type Payload } from '../../core/payload.ts'
import { noHeaders, type Headers } from '../../core/stream-record.ts'
import { compress, compressionCode, type Compression } from '../compression/compression.ts'
import { varintSize } from '../wire/byte-writer.ts'
import { batchOverhead, writeHeader, type BatchHeader } from './batch-header.ts'

/** Below this a loop copies faster than a call into the engine. */
const shortBytes = 24
/** Length, attributes, and both deltas, at most. */
const recordOverheadMax = 5 + 1 + 10 + 5

/**
 * Bytes that the record adds to a batch before compression, too many by at most twenty: for deciding whether it still fits.
 */
export function recordBytesMax(key: Payload | null, value: Payload | null, headers: Headers): number {
  return recordOverheadMax + nullableSize(lengthOf(key)) + nullableSize(lengthOf(value)) + headersSize(headers)
}

export interface AppendOptions {
  readonly headers?: Headers
  /** Larger than that of the record before: gaps are what compaction leaves. Default: the next one. */
  readonly offsetDelta?: number
}

/**
 * Writes record batches of format 2 (KIP-98), record after record into one buffer that grows and serves the next batch
 * again after `reset`.
 */
export class RecordBatchWriter {
  #bytes: Buffer
  #at = 0
  #count = 0
  #lastOffsetDelta = -1
  #baseTimestamp = 0
  #maxTimestamp = -1

  constructor(initialBytes = 4096) {
    this.#bytes = Buffer.allocUnsafe(initialBytes)
  }

  get count(): number {
    return this.#count
  }

  /** Of the batch as it would be without compression. */
  get sizeInBytes(): number {
    return batchOverhead + this.#at
  }

  append(
    key: Payload | null,
    value: Payload | null,
    timestamp: number,
    options: AppendOptions | undefined = undefined,
  ): void {
    if (this.#count++ === 0) this.#baseTimestamp = timestamp
    if (timestamp > this.#maxTimestamp) this.#maxTimestamp = timestamp
    const headers = options?.headers ?? noHeaders
    const offsetDelta = options?.offsetDelta ?? this.#lastOffsetDelta + 1
    this.#lastOffsetDelta = offsetDelta
    const timestampDelta = timestamp - this.#baseTimestamp
    const keyLength = lengthOf(key)
    const valueLength = lengthOf(value)
    const content = nullableSize(keyLength) + nullableSize(valueLength) + headersSize(headers)
    const length = 1 + varintSize(timestampDelta) + varintSize(offsetDelta) + content
    this.#reserve(length + 5)
    this.#varint(length)
    this.#bytes[this.#at++] = 0
    this.#varint(timestampDelta)
    this.#varint(offsetDelta)
    this.#nullable(key, keyLength)
    this.#nullable(value, valueLength)
    this.#headers(headers)
  }

  /**
   * The batch with its records compressed, for `stamp` to say who writes it. The writer keeps its records until `reset`: a
   * batch that must be encoded anew needs no second pass over them.
   *
   * @throws ConfigError when this Node cannot write the compression (zstd before 22.15)
   */
  finish(compression: Compression, attributes = 0): BatchHeader {
    const batch = compress(this.#bytes.subarray(0, this.#at), compression, batchOverhead)
    return writeHeader(batch, {
      attributes: attributes | compressionCode[compression],
      lastOffsetDelta: this.#lastOffsetDelta,
      baseTimestamp: this.#baseTimestamp,
      maxTimestamp: this.#maxTimestamp,
      count: this.#count,
    })
  }

  /** Forgets the records and keeps the buffer. */
  reset(): void {
    this.#at = 0
    this.#count = 0
    this.#lastOffsetDelta = -1
    this.#maxTimestamp = -1
  }

  #reserve(count: number): void {
    const needed = this.#at + count
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }

  /** Zig-zag, 7 bits a byte, for whole numbers below 2^52. */
  #varint(value: number): void {
    const bytes = this.#bytes
    let at = this.#at
    let rest = value < 0 ? -2 * value - 1 : 2 * value
    for (; rest >= 0x8000_0000; rest = Math.floor(rest / 128)) bytes[at++] = (rest % 128) | 0x80
    for (; rest >= 0x80; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80
    bytes[at] = rest
    this.#at = at + 1
  }

  /** @param length as `lengthOf` says */
  #nullable(content: Payload | null, length: number): void {
    this.#varint(length)
    if (content === null) return
    const bytes = this.#bytes
    const at = this.#at
    if (typeof content === 'string') writeText(bytes, at, content)
    else if (length < shortBytes) for (let i = 0; i < length; i++) bytes[at + i] = content[i]!
    else bytes.set(content, at)
    this.#at = at + length
  }

  #headers(headers: Headers): void {
    this.#varint(headers.length)
    for (const [name, value] of headers) {
      const length = Buffer.byteLength(name)
      this.#varint(length)
      this.#at += this.#bytes.write(name, this.#at, length, 'utf8')
      this.#nullable(value, lengthOf(value))
    }
  }
}

/** -1 for null, as Kafka writes it. */
function lengthOf(content: Payload | null): number {
  return content === null ? -1 : payloadLength(content)
}

function nullableSize(length: number): number {
  return length < 0 ? 1 : varintSize(length) + length
}

function headersSize(headers: Headers): number {
  if (headers.length === 0) return 1
  let size = varintSize(headers.length)
  for (const [name, value] of headers) {
    const length = Buffer.byteLength(name)
    size += varintSize(length) + length + nullableSize(lengthOf(value))
  }
  return size
}
