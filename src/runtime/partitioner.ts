/**
 * Kafka's default partitioner (org.apache.kafka.common.utils.Utils.murmur2, BuiltInPartitioner), so that Java clients and we
 * put a key on the same partition: co-partitioned joins depend on it.
 */
export function partitionOf(key: Uint8Array, partitionCount: number): number {
  return (murmur2(key) & 0x7fffffff) % partitionCount
}

const seed = 0x9747b28c
const multiplier = 0x5bd1e995

/** MurmurHash2, 32 bits, as Kafka seeds it. */
export function murmur2(data: Uint8Array): number {
  const length = data.length
  const wholeWords = length & ~3
  let hash = seed ^ length
  for (let i = 0; i < wholeWords; i += 4) {
    const word = data[i]! | (data[i + 1]! << 8) | (data[i + 2]! << 16) | (data[i + 3]! << 24)
    const mixed = Math.imul(word, multiplier)
    hash = Math.imul(hash, multiplier) ^ Math.imul(mixed ^ (mixed >>> 24), multiplier)
  }
  const rest = length - wholeWords
  if (rest > 2) hash ^= data[wholeWords + 2]! << 16
  if (rest > 1) hash ^= data[wholeWords + 1]! << 8
  if (rest > 0) hash = Math.imul(hash ^ data[wholeWords]!, multiplier)
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/**
 * For records without a key: stays on a partition until a batch's worth of bytes went there, then takes the next, so that
 * batches fill (KIP-480, KIP-794). In turn rather than by chance: a run can be repeated.
 */
export class StickyPartitions {
  readonly #batchBytes: number
  readonly #current = new Map<string, { partition: number; bytes: number }>()

  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes
  }

  next(topic: string, partitionCount: number, bytes: number): number {
    const current = this.#current.get(topic)
    if (current === undefined) {
      this.#current.set(topic, { partition: 0, bytes })
      return 0
    }
    if (current.bytes >= this.#batchBytes) {
      current.partition = (current.partition + 1) % partitionCount
      current.bytes = 0
    }
    current.bytes += bytes
    return current.partition
  }
}
