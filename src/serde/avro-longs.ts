import avsc, { type types } from 'avsc'
import type { Tap } from './avro-tap.ts'

// avsc 5.7.9 computes with longs as doubles in their zigzag form, which is twice as large: from -2^52-1 down it writes
// and reads other values than those it was given, without an error.
const zigzagExact = 2 ** 52

class ExactLongType extends avsc.types.LongType {
  _check(value: unknown, _flags: unknown, hook?: (value: unknown, type: unknown) => void): boolean {
    if (Number.isSafeInteger(value)) return true
    hook?.(value, this)
    return false
  }

  // avsc calls this also on its resolvers, which are no instances of this class.
  _read(tap: Tap): number {
    const start = tap.pos
    const value = tap.readLong()
    if (Math.abs(value) < zigzagExact) return value
    tap.pos = start
    const exact = tap.unpackLongBytes().readBigInt64LE()
    if (Number.isSafeInteger(Number(exact))) return Number(exact)
    throw new Error(`the long ${exact} is beyond 2^53-1, where a number rounds; use the option longs: 'bigint'`)
  }

  _write(tap: Tap, value: number): void {
    if (Math.abs(value) < zigzagExact && Number.isInteger(value)) tap.writeLong(value)
    else if (Number.isSafeInteger(value)) tap.packLongBytes(littleEndian(BigInt(value)))
    else throw new Error(`${String(value)} is not a whole number within +-(2^53-1)`)
  }
}

/** Longs as numbers. */
export const exactLong: types.LongType = new ExactLongType()

/** Longs as bigints. */
export const bigintLong: types.LongType = avsc.types.LongType.__with({
  fromBuffer: (bytes: Buffer) => bytes.readBigInt64LE(),
  toBuffer: littleEndian,
  fromJSON: BigInt,
  toJSON: Number,
  isValid: (value: unknown) => typeof value === 'bigint' && BigInt.asIntN(64, value) === value,
  compare: (a: bigint, b: bigint) => (a < b ? -1 : Number(a > b)),
})

function littleEndian(value: bigint): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64LE(value)
  return bytes
}
