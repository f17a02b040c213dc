import { payloadBytes, textBytesMax, writeText, type Payload } from './payload.ts'

const multiplier = 0x5bd1e995
const seed = 0x9747b28c

/** Where text is written down to be hashed. */
const scratch = Buffer.allocUnsafe(1024)

/** Kafka's murmur2 of a key's bytes, as a signed 32-bit number (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(key: Payload): number {
  if (typeof key === 'string' && textBytesMax(key) <= scratch.length) return hash(scratch, writeText(scratch, 0, key))
  const bytes = payloadBytes(key)
  return hash(bytes, bytes.length)
}

function hash(key: Uint8Array, length: number): number {
  const tail = length & ~3
  let h = seed ^ length
  for (let i = 0; i < tail; i += 4) {
    const word = key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24)
    const mixed = Math.imul(word, multiplier)
    h = Math.imul(h, multiplier) ^ Math.imul(mixed ^ (mixed >>> 24), multiplier)
  }
  if (tail < length) {
    const rest =
      key[tail]! | (tail + 1 < length ? key[tail + 1]! << 8 : 0) | (tail + 2 < length ? key[tail + 2]! << 16 : 0)
    h = Math.imul(h ^ rest, multiplier)
  }
  h = Math.imul(h ^ (h >>> 13), multiplier)
  return h ^ (h >>> 15)
}

/** Where Kafka's default partitioner puts a record with this key. */
export function defaultPartition(key: Payload, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}
