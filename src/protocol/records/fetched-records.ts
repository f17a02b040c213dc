import type { Headers } from '../../core/stream-record.ts'
import { AsciiText } from './ascii-text.ts'
import { readHeaders, type RecordCursor } from './record-cursor.ts'
import { BufferView } from './buffer-view.ts'

/** Since which offset a leader epoch is that of the log's batches. */
export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** V8 makes a copy of a part of a text up to this length, which is cheaper than to point to it: the part keeps nothing alive. */
const copiedChars = 12
/** Numbers that are kept of a record: where key and value begin, their lengths, where it ends. */
const stride = 5

/** A decompressed batch. */
interface Body {
  readonly bytes: Buffer
  /** What `bytes` is a view of, and from where: asking it for every record would take longer than all else. */
  readonly buffer: ArrayBufferLike
  readonly byteOffset: number
  /** Where its records begin and end in `bytes`: without compression several batches share one. */
  readonly start: number
  readonly end: number
  /** The index of its first record. */
  readonly first: number
}

/**
 * Records of one partition over the buffers they came in: offsets and timestamps in columns, keys and values as views that
 * are made when asked for. One holds what one fetch brought, however many record batches that was.
 */
export class FetchedRecords {
  readonly topic: string
  readonly partition: number
  #count = 0
  #offsets = new Float64Array(0)
  #timestamps = new Float64Array(0)
  #fields = new Int32Array(0)
  readonly #bodies: Body[] = []
  /** Where the record stands that was asked for last: records are mostly read in order. */
  #body = 0
  #text: AsciiText | undefined
  #textOf: Body | undefined
  #bytes = 0
  highWatermark = 0
  /** Of all batches that these cover, those included of which no record is here; where the epoch is another than before. */
  readonly epochs: EpochStart[] = []
  /** The offset to read after these: behind the last record, control record or compaction gap that they cover. */
  nextOffset: number

  constructor(topic: string, partition: number, from: number) {
    this.topic = topic
    this.partition = partition
    this.nextOffset = from
  }

  get count(): number {
    return this.#count
  }

  /** Approximate memory: the decompressed batches. */
  get bytes(): number {
    return this.#bytes
  }

  /** Some of them are views of it. */
  uses(buffer: ArrayBufferLike): boolean {
    return this.#bodies.some((body) => body.buffer === buffer)
  }

  /** Takes the records at and behind `from` of the batch that `cursor` has opened. */
  addAll(cursor: RecordCursor, count: number, from: number): void {
    this.reserve(this.#count + count)
    const { body: bytes, bodyStart: start, bodyEnd: end } = cursor
    const { buffer, byteOffset } = bytes
    this.#bodies.push({ bytes, buffer, byteOffset, start, end, first: this.#count })
    this.#bytes += end - start
    while (cursor.next()) {
      if (cursor.offset < from) continue
      const index = this.#count++
      this.#offsets[index] = cursor.offset
      this.#timestamps[index] = cursor.timestamp
      const fields = this.#fields
      const at = index * stride
      fields[at] = cursor.keyAt
      fields[at + 1] = cursor.keyLength
      fields[at + 2] = cursor.valueAt
      fields[at + 3] = cursor.valueLength
      fields[at + 4] = cursor.recordEnd
    }
  }

  /** Room for so many records. */
  reserve(count: number): void {
    if (count <= this.#offsets.length) return
    const room = Math.max(count, this.#offsets.length * 2)
    this.#offsets = grown(this.#offsets, new Float64Array(room))
    this.#timestamps = grown(this.#timestamps, new Float64Array(room))
    this.#fields = grown(this.#fields, new Int32Array(room * stride))
  }

  /** Leaves out the records at and behind `end`. */
  cutAt(end: number): void {
    while (this.#count > 0 && this.#offsets[this.#count - 1]! >= end) this.#count--
  }

  offsetAt(index: number): number {
    return this.#offsets[index]!
  }

  timestampAt(index: number): number {
    return this.#timestamps[index]!
  }

  keyAt(index: number): Buffer | null {
    return this.#view(index, index * stride)
  }

  valueAt(index: number): Buffer | null {
    return this.#view(index, index * stride + 2)
  }

  keyTextAt(index: number, letsGo: boolean): string | undefined {
    return this.#textAt(index, index * stride, letsGo)
  }

  valueTextAt(index: number, letsGo: boolean): string | undefined {
    return this.#textAt(index, index * stride + 2, letsGo)
  }

  #textAt(index: number, at: number, letsGo: boolean): string | undefined {
    const start = this.#fields[at]!
    const length = this.#fields[at + 1]!
    if (length < 0) return undefined
    const body = this.#bodyOf(index)
    if (letsGo || length <= copiedChars) {
      const ascii = this.#textOfBody(body).slice(start, start + length)
      if (ascii !== undefined) return ascii
    }
    // Lenient and then checked: strict decoding needs a view.
    const text = body.bytes.toString('utf8', start, start + length)
    return text.includes('\ufffd') ? undefined : text
  }

  #textOfBody(body: Body): AsciiText {
    if (this.#textOf !== body) this.#text = new AsciiText(body.bytes, body.start, body.end)
    this.#textOf = body
    return this.#text!
  }

  headersAt(index: number): Headers {
    const at = index * stride
    const valueEnd = this.#fields[at + 2]! + Math.max(0, this.#fields[at + 3]!)
    return readHeaders(this.#bodyOf(index).bytes, valueEnd, this.#fields[at + 4]!)
  }

  #view(index: number, at: number): Buffer | null {
    const length = this.#fields[at + 1]!
    if (length < 0) return null
    const { buffer, byteOffset } = this.#bodyOf(index)
    return new BufferView(buffer, byteOffset + this.#fields[at]!, length)
  }

  #bodyOf(index: number): Body {
    let at = this.#body
    while (this.#bodies[at]!.first > index) at--
    while (at + 1 < this.#bodies.length && this.#bodies[at + 1]!.first <= index) at++
    this.#body = at
    return this.#bodies[at]!
  }
}

function grown<A extends Float64Array | Int32Array>(old: A, larger: A): A {
  larger.set(old)
  return larger
}
