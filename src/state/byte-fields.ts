import { asBuffer } from './key-codec.ts'

/** Marks a null field where its length would stand. */
const nullLength = -1
const lengthBytes = 4

/** Bytes that begin with `headLength` for the caller to fill in; then each field: int32 length (-1: null) and bytes. */
export function bytesWithFields(headLength: number, fields: readonly (Uint8Array | null)[]): Buffer {
  const length = fields.reduce((sum, field) => sum + lengthBytes + (field?.length ?? 0), headLength)
  const bytes = Buffer.allocUnsafe(length)
  let offset = headLength
  for (const field of fields) {
    offset = bytes.writeInt32BE(field?.length ?? nullLength, offset)
    if (field === null) continue
    bytes.set(field, offset)
    offset += field.length
  }
  return bytes
}

/** Reads fields one after the other. What it hands out are views. */
export class FieldReader {
  readonly #bytes: Buffer
  #offset: number

  constructor(bytes: Uint8Array, offset: number) {
    this.#bytes = asBuffer(bytes)
    this.#offset = offset
  }

  field(): Buffer | null {
    const length = this.#bytes.readInt32BE(this.#offset)
    this.#offset += lengthBytes
    if (length === nullLength) return null
    this.#offset += length
    return this.#bytes.subarray(this.#offset - length, this.#offset)
  }
}
