import { asBuffer } from './as-buffer.ts'
import type { Serde } from './serde.ts'
import { cannotEncode, expectWidth } from './serialization-checks.ts'

/**
 * A double of 8 bytes, big-endian, as Kafka's DoubleSerializer. As a key, 0 and -0 are two keys and NaN is one.
 *
 * @throws SerializationError `MILLRACE_DECODE_FAILED` unless 8 bytes
 */
export function double(): Serde<number> {
  return doubleSerde
}

const nanBits = 0x7ff8000000000000n

// No primitiveKey: by === (and by a map's identity) 0 and -0 are one key, while their bytes, which choose the partition
// and the changelog's key, are two.
const doubleSerde: Serde<number> = Object.freeze({
  name: 'double',
  serialize(value: number): Uint8Array {
    if (typeof value !== 'number') throw cannotEncode('double', 'a number', value)
    const bytes = Buffer.allocUnsafe(8)
    // The bits of a NaN depend on how it was computed (0/0 sets the sign on x86). Java's doubleToLongBits writes this one.
    if (Number.isNaN(value)) bytes.writeBigUInt64BE(nanBits)
    else bytes.writeDoubleBE(value)
    return bytes
  },
  deserialize(bytes: Uint8Array): number {
    expectWidth('double', bytes, 8)
    return asBuffer(bytes).readDoubleBE()
  },
})
