import type { Serde } from '../serde/serde.ts'

/** What a store's maps are keyed by: the key itself where `===` compares it right, else its bytes as a latin1 string. */
export type MapKey = string | number | bigint | boolean

/** Identity and order of keys inside stores: equal when their bytes are equal, ordered by unsigned bytes, as in Kafka Streams. */
export interface KeyCodec<K> {
  mapKey(key: K): MapKey
  /** The key's bytes as a latin1 string: `<` orders two of them as their unsigned bytes, faster than `Buffer.compare`. */
  sortKey(key: K): string
  compare(a: K, b: K): number
  readonly serde: Serde<K>
}

export function keyCodec<K>(serde: Serde<K>): KeyCodec<K> {
  const sortKey = (key: K): string => asBuffer(serde.serialize(key)).toString('latin1')
  return {
    serde,
    mapKey: serde.primitiveKey === true ? primitiveMapKey(sortKey) : sortKey,
    sortKey,
    compare: (a, b) => compareText(sortKey(a), sortKey(b)),
  }
}

/** For sort keys: -1, 0 or 1. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

/**
 * A map takes -0 for 0 (and NaN for NaN, as it should). Integers serialize both zeros alike, floating-point numbers do not: -0.0
 * is another key, as in Kafka Streams. No number shares a map with the text `-0`, so that can stand for it.
 */
function primitiveMapKey<K>(sortKey: (key: K) => string): (key: K) => MapKey {
  const zerosDiffer = (zero: K): boolean => sortKey(zero) !== sortKey(0 as K)
  return (key) => (Object.is(key, -0) && zerosDiffer(key) ? '-0' : (key as MapKey))
}

export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
