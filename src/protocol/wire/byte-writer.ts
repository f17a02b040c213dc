/** Big-endian bytes in one buffer that grows: requests and record batches. */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(initialBytes = 256) {
    this.#bytes = Buffer.allocUnsafe(initialBytes)
  }

  get length(): number {
    return this.#length
  }

  /** What was written, without a copy: valid until the next write. */
  bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Room for `count` bytes; returns where they start. */
  #take(count: number): number {
    const at = this.#length
    if (at + count > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(at + count, this.#bytes.length * 2))
      this.#bytes.copy(larger, 0, 0, at)
      this.#bytes = larger
    }
    this.#length = at + count
    return at
  }

  /** Forgets what was written, and a buffer that one large message has left. */
  reset(retainedBytesMax: number): void {
    this.#length = 0
    if (this.#bytes.length > retainedBytesMax) this.#bytes = Buffer.allocUnsafe(retainedBytesMax)
  }

  int8(value: number): void {
    // First the room, then the buffer: making room may replace it.
    const at = this.#take(1)
    this.#bytes[at] = value & 0xff
  }

  int16(value: number): void {
    const at = this.#take(2)
    this.#bytes.writeInt16BE(value, at)
  }

  int32(value: number): void {
    const at = this.#take(4)
    this.#bytes.writeInt32BE(value | 0, at)
  }

  int32At(at: number, value: number): void {
    this.#bytes.writeInt32BE(value | 0, at)
  }

  int64(value: number): void {
    const at = this.#take(8)
    this.#bytes.writeInt32BE(Math.floor(value / 4_294_967_296), at)
    this.#bytes.writeUInt32BE(modulo32(value), at + 4)
  }

  /** A 64-bit number that does not fit a double, as the broker gave it. */
  bigInt64(value: bigint): void {
    const at = this.#take(8)
    this.#bytes.writeBigInt64BE(value, at)
  }

  string(value: string | null): void {
    if (value === null) return this.int16(-1)
    const length = Buffer.byteLength(value)
    this.int16(length)
    this.utf8(value, length)
  }

  /** A text that takes this many bytes. */
  utf8(value: string, length: number): void {
    const at = this.#take(length)
    this.#bytes.write(value, at, length, 'utf8')
  }

  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** 7 bits a byte, of at most 32 bits: lengths, counts and tags (KIP-482). */
  unsignedVarint(value: number): void {
    let rest = value
    while (rest >= 0x80) {
      this.int8((rest & 0x7f) | 0x80)
      rest >>>= 7
    }
    this.int8(rest)
  }

  /** Zig-zag, 7 bits a byte, for whole numbers of up to 53 bits. */
  varint(value: number): void {
    let rest = value < 0 ? -2 * value - 1 : 2 * value
    while (rest >= 0x80) {
      this.int8((rest % 128) | 0x80)
      rest = Math.floor(rest / 128)
    }
    this.int8(rest)
  }

  /** Length as a varint (-1: null), then the bytes. */
  varintBytes(bytes: Uint8Array | null): void {
    if (bytes === null) return this.varint(-1)
    this.varint(bytes.length)
    this.raw(bytes)
  }
}

function modulo32(value: number): number {
  const rest = value % 4_294_967_296
  return rest < 0 ? rest + 4_294_967_296 : rest
}

/** Bytes that a varint of this number takes. */
export function varintSize(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  let size = 1
  for (; rest >= 0x80; size++) rest = Math.floor(rest / 128)
  return size
}
