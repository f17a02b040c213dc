const multiplier = 0x5bd1e995
const seed = 0x9747b28c

/** Kafka's murmur2 of a key's bytes, as a signed 32-bit number (org.apache.kafka.common.utils.Utils.murmur2). */
export function murmur2(key: Uint8Array): number {
  const length = key.length
  const tail = length & ~3
  let hash = seed ^ length
  for (let i = 0; i < tail; i += 4) {
    const word = key[i]! | (key[i + 1]! << 8) | (key[i + 2]! << 16) | (key[i + 3]! << 24)
    const mixed = Math.imul(word, multiplier)
    hash = Math.imul(hash, multiplier) ^ Math.imul(mixed ^ (mixed >>> 24), multiplier)
  }
  if (tail < length) {
    const rest = key[tail]! | ((key[tail + 1] ?? 0) << 8) | ((key[tail + 2] ?? 0) << 16)
    hash = Math.imul(hash ^ rest, multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/** Where Kafka's default partitioner puts a record with this key. */
export function defaultPartition(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}
