import type { Serde } from '../serde/serde.ts'

/** What a store's maps are keyed by: the key itself where `===` compares it right, else its bytes as a latin1 string. */
export type MapKey = string | number | bigint | boolean

/** Identity and order of keys inside stores: equal when their bytes are equal, ordered by unsigned bytes, as in Kafka Streams. */
export interface KeyCodec<K> {
  mapKey(key: K): MapKey
  compare(a: K, b: K): number
  readonly serde: Serde<K>
}

export function keyCodec<K>(serde: Serde<K>): KeyCodec<K> {
  const bytesOf = (key: K): Buffer => asBuffer(serde.serialize(key))
  return {
    serde,
    mapKey: serde.primitiveKey === true ? (key) => key as MapKey : (key) => bytesOf(key).toString('latin1'),
    compare: (a, b) => Buffer.compare(bytesOf(a), bytesOf(b)),
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
