import { asBuffer } from './key-codec.ts'

/** Marks a null field where its length would stand. */
const nullLength = -1

export function int32Bytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value)
  return bytes
}

/** A field: int32 length (-1: null) and bytes. */
export function fieldBytes(field: Uint8Array | null): Uint8Array {
  return field === null ? int32Bytes(nullLength) : Buffer.concat([int32Bytes(field.length), field])
}

/** Reads fields one after the other. What it hands out are views. */
export class FieldReader {
  readonly #bytes: Buffer
  #offset: number

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = asBuffer(bytes)
    this.#offset = offset
  }

  int32(): number {
    this.#offset += 4
    return this.#bytes.readInt32BE(this.#offset - 4)
  }

  field(): Buffer | null {
    const length = this.int32()
    if (length === nullLength) return null
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }
}
