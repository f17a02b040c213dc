import { noHeaders, type Headers } from '../core/stream-record.ts'
import type { FetchedBatch } from '../runtime/port.ts'
import { ByteReader } from '../protocol/wire/byte-reader.ts'

/**
 * Records of one partition over the buffers they came in: offsets and timestamps in columns, keys and values found when
 * asked for. One batch holds what one fetch brought, however many record batches that was.
 */
export class ColumnBatch implements FetchedBatch {
  readonly topic: string
  readonly partition: number
  readonly #offsets: number[] = []
  readonly #timestamps: number[] = []
  /** Where the record's key begins, and in which segment. */
  readonly #positions: number[] = []
  readonly #segmentOf: number[] = []
  readonly #segments: Buffer[] = []
  #bytes = 0
  highWatermark = 0
  /** The offset to read after this batch: behind the last record, control record or compaction gap that it covers. */
  nextOffset: number

  constructor(topic: string, partition: number, from: number) {
    this.topic = topic
    this.partition = partition
    this.nextOffset = from
  }

  get count(): number {
    return this.#offsets.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Takes the records of one decompressed record batch that are at or behind `from`. */
  addSegment(
    segment: Buffer,
    header: { baseOffset: number; baseTimestamp: number; appendTime: number; count: number },
    from: number,
  ): void {
    const index = this.#segments.push(segment) - 1
    const reader = new ByteReader(segment)
    this.#bytes += segment.length
    for (let i = 0; i < header.count; i++) {
      const length = reader.varint()
      const end = reader.at + length
      if (length < 0 || end > segment.length) throw new Error('corrupt record batch: a record runs over the end')
      reader.skip(1)
      const timestamp = header.baseTimestamp + reader.varint()
      const offset = header.baseOffset + reader.varint()
      if (offset >= from) {
        this.#offsets.push(offset)
        this.#timestamps.push(header.appendTime >= 0 ? header.appendTime : timestamp)
        this.#positions.push(reader.at)
        this.#segmentOf.push(index)
      }
      reader.at = end
    }
  }

  /** Leaves out the records at and behind `end`. */
  cutAt(end: number): void {
    let count = this.#offsets.length
    while (count > 0 && this.#offsets[count - 1]! >= end) count--
    this.#offsets.length = count
  }

  offsetAt(index: number): number {
    return this.#offsets[index]!
  }

  timestampAt(index: number): number {
    return this.#timestamps[index]!
  }

  keyAt(index: number): Uint8Array | null {
    return this.#reader(index).varintBytes()
  }

  valueAt(index: number): Uint8Array | null {
    const reader = this.#reader(index)
    reader.skipVarintBytes()
    return reader.varintBytes()
  }

  headersAt(index: number): Headers {
    const reader = this.#reader(index)
    reader.skipVarintBytes()
    reader.skipVarintBytes()
    const count = reader.varint()
    if (count <= 0) return noHeaders
    const headers: [string, Uint8Array | null][] = []
    for (let i = 0; i < count; i++) {
      const name = reader.varintBytes() ?? Buffer.alloc(0)
      headers.push([name.toString('utf8'), reader.varintBytes()])
    }
    return headers
  }

  #reader(index: number): ByteReader {
    return new ByteReader(this.#segments[this.#segmentOf[index]!]!, this.#positions[index]!)
  }
}
