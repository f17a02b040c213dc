import { SerializationError } from '../core/errors.ts'
import { asBuffer } from './as-buffer.ts'
import { readSafeInt64, writeSafeInt64 } from './safe-int64-bytes.ts'
import type { Serde } from './serde.ts'
import { cannotEncode, expectWidth } from './serialization-checks.ts'

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n

/**
 * A whole number of 32 bits, big-endian, as Kafka's IntegerSerializer.
 *
 * @throws SerializationError `MILLRACE_ENCODE_FAILED` beyond -2^31..2^31-1, `MILLRACE_DECODE_FAILED` unless 4 bytes
 */
export function int32(): Serde<number> {
  return int32Serde
}

/**
 * A whole number of 64 bits as a bigint, big-endian, as Kafka's LongSerializer. `safeInt64` reads the same bytes as a
 * number.
 *
 * @throws SerializationError `MILLRACE_ENCODE_FAILED` beyond -2^63..2^63-1, `MILLRACE_DECODE_FAILED` unless 8 bytes
 */
export function int64(): Serde<bigint> {
  return int64Serde
}

/**
 * A whole number of 64 bits as a number, big-endian, as Kafka's LongSerializer: counts and timestamps.
 *
 * @throws SerializationError beyond -(2^53-1)..2^53-1, where a number is no longer exact: `MILLRACE_ENCODE_FAILED`, or
 *   `MILLRACE_DECODE_FAILED` (also unless 8 bytes). Use `int64` for such values.
 */
export function safeInt64(): Serde<number> {
  return safeInt64Serde
}

const int32Serde: Serde<number> = Object.freeze({
  name: 'int32',
  primitiveKey: true,
  serialize(value: number): Uint8Array {
    if ((value | 0) !== value) throw cannotEncode('int32', 'a whole number from -2^31 to 2^31-1', value)
    const bytes = Buffer.allocUnsafe(4)
    bytes.writeInt32BE(value)
    return bytes
  },
  deserialize(bytes: Uint8Array): number {
    expectWidth('int32', bytes, 4)
    return asBuffer(bytes).readInt32BE()
  },
})

const int64Serde: Serde<bigint> = Object.freeze({
  name: 'int64',
  primitiveKey: true,
  serialize(value: bigint): Uint8Array {
    if (typeof value !== 'bigint' || value < int64Min || value > int64Max) {
      throw cannotEncode('int64', 'a bigint from -2^63 to 2^63-1', value)
    }
    const bytes = Buffer.allocUnsafe(8)
    bytes.writeBigInt64BE(value)
    return bytes
  },
  deserialize(bytes: Uint8Array): bigint {
    expectWidth('int64', bytes, 8)
    return asBuffer(bytes).readBigInt64BE()
  },
})

const safeInt64Serde: Serde<number> = Object.freeze({
  name: 'safeInt64',
  primitiveKey: true,
  serialize(value: number): Uint8Array {
    if (!Number.isSafeInteger(value)) throw cannotEncode('safeInt64', 'a whole number from -(2^53-1) to 2^53-1', value)
    const bytes = Buffer.allocUnsafe(8)
    writeSafeInt64(bytes, 0, value)
    return bytes
  },
  deserialize(bytes: Uint8Array): number {
    expectWidth('safeInt64', bytes, 8)
    const value = readSafeInt64(asBuffer(bytes), 0)
    if (value !== undefined) return value
    const exact = asBuffer(bytes).readBigInt64BE()
    throw new SerializationError(
      'decode',
      `safeInt64 cannot hold ${exact} exactly: beyond 2^53-1 use int64(), which gives bigints`,
    )
  },
})
