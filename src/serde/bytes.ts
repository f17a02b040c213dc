import type { Serde } from './serde.ts'
import { cannotEncode } from './serialization-checks.ts'

/** Bytes as they are, as Kafka's ByteArraySerializer. What `deserialize` returns is a copy, so it may be kept. */
export function bytes(): Serde<Uint8Array> {
  return bytesSerde
}

const bytesSerde: Serde<Uint8Array> = Object.freeze({
  name: 'bytes',
  serialize(value: Uint8Array): Uint8Array {
    if (!(value instanceof Uint8Array)) throw cannotEncode('bytes', 'a Uint8Array', value)
    return value
  },
  // A copy: the input is a view on a whole fetch, which would stay in memory for as long as the value. Buffer.slice would
  // be a view again.
  deserialize: (view: Uint8Array) => new Uint8Array(view),
})
