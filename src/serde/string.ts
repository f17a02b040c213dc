import type { Serde } from './serde.ts'
import { cannotEncode } from './serialization-checks.ts'
import { textSerde } from './text-serde.ts'
import { decodeUtf8 } from './utf8.ts'

/**
 * Text as UTF-8, as Kafka's StringSerializer. A lone surrogate, which UTF-8 cannot hold, is written as U+FFFD.
 *
 * @throws SerializationError `MILLRACE_DECODE_FAILED` on bytes that are not UTF-8
 */
export function string(): Serde<string> {
  return stringSerde
}

const stringSerde: Serde<string> = textSerde<string>(
  {
    name: 'string',
    primitiveKey: true,
    serialize: (value: string) => Buffer.from(checked(value), 'utf8'),
    deserialize: (bytes: Uint8Array) => decodeUtf8('string', bytes),
  },
  { read: (text) => text, letsGo: false, write: checked },
)

function checked(value: string): string {
  if (typeof value !== 'string') throw cannotEncode('string', 'a string', value)
  return value
}
