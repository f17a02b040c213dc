import { ProtocolError } from '../../core/errors.ts'

function cutOff(): never {
  throw new ProtocolError('corrupt data: it ends too early')
}

/** The upper halves of the whole numbers that a double holds exactly. */
const highMax = 0x1f_ffff
const highMin = -0x20_0000

/** Reads Kafka's wire format off one buffer. Reading past the end throws: lengths come from the network. */
export class ByteReader {
  readonly bytes: Buffer
  at: number

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  get remaining(): number {
    return this.bytes.length - this.at
  }

  #step(count: number): number {
    const start = this.at
    if (count < 0 || start + count > this.bytes.length) cutOff()
    this.at = start + count
    return start
  }

  skip(count: number): void {
    this.#step(count)
  }

  int8(): number {
    return this.bytes.readInt8(this.#step(1))
  }

  int16(): number {
    return this.bytes.readInt16BE(this.#step(2))
  }

  int32(): number {
    return this.bytes.readInt32BE(this.#step(4))
  }

  uint32(): number {
    return this.bytes.readUInt32BE(this.#step(4))
  }

  /** As a double: offsets, timestamps and producer ids stay far below 2^53, and what does not is refused. */
  int64(): number {
    const at = this.#step(8)
    const high = this.bytes.readInt32BE(at)
    if (high > highMax || high < highMin) throw new ProtocolError('corrupt data: a 64-bit number beyond 2^53')
    return high * 4_294_967_296 + this.bytes.readUInt32BE(at + 4)
  }

  bigInt64(): bigint {
    return this.bytes.readBigInt64BE(this.#step(8))
  }

  string(): string | null {
    const length = this.int16()
    return length < 0 ? null : this.utf8(length)
  }

  utf8(length: number): string {
    const start = this.#step(length)
    return this.bytes.toString('utf8', start, start + length)
  }

  /** Length as an int32 (-1: null, read as empty), then a view of the bytes. */
  block(): Buffer {
    return this.slice(Math.max(0, this.int32()))
  }

  slice(length: number): Buffer {
    const start = this.#step(length)
    return this.bytes.subarray(start, start + length)
  }

  /** 7 bits a byte, of at most 32 bits: lengths, counts and tags (KIP-482). */
  unsignedVarint(): number {
    let value = 0
    for (let scale = 1; scale <= 0x1000_0000; scale *= 128) {
      const byte = this.bytes[this.#step(1)]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
    throw new ProtocolError('corrupt data: a length of more than 32 bits')
  }

  /** Zig-zag, 7 bits a byte, for whole numbers of up to 53 bits. */
  varint(): number {
    const { bytes } = this
    const first = bytes[this.at]
    if (first !== undefined && first < 0x80) {
      this.at++
      return (first >>> 1) ^ -(first & 1)
    }
    let value = 0
    let scale = 1
    for (;;) {
      const byte = bytes[this.at++]
      if (byte === undefined || scale > 1e21) cutOff()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) break
      scale *= 128
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  /** Length as a varint (-1: null), then a view of the bytes. */
  varintBytes(): Buffer | null {
    const length = this.varint()
    return length < 0 ? null : this.slice(length)
  }

  skipVarintBytes(): void {
    const length = this.varint()
    if (length > 0) this.#step(length)
  }

  array<T>(read: (reader: ByteReader) => T): T[] {
    const count = this.int32()
    const items: T[] = []
    for (let i = 0; i < count; i++) items.push(read(this))
    return items
  }
}
