import { SerializationError } from '../core/errors.ts'
import { windowed, type Windowed } from '../core/windowed.ts'
import { asBuffer } from './as-buffer.ts'
import { readSafeInt64, writeSafeInt64 } from './safe-int64-bytes.ts'
import type { Serde } from './serde.ts'
import { wrappingSerde } from './wrapping-serde.ts'

/**
 * Keys of tumbling, hopping and sliding windows: the key's bytes, then the window's start (8 bytes, milliseconds), as
 * Kafka Streams' TimeWindowedSerializer. The end is not written: reading adds `sizeMs` to the start.
 *
 * @throws SerializationError `MILLRACE_DECODE_FAILED` on less than 8 bytes
 */
export function timeWindowed<K>(inner: Serde<K>, sizeMs: number): Serde<Windowed<K>> {
  const name = 'timeWindowed'
  return wrappingSerde<K, Windowed<K>>(inner, {
    name,
    serialize(value, keys) {
      const key = keys.serialize(value.key)
      const bytes = withSuffix(key, 8)
      writeSafeInt64(bytes, key.length, value.window.start)
      return bytes
    },
    deserialize(bytes, keys) {
      const start = readTime(name, bytes, 8)
      return windowed(keys.deserialize(withoutSuffix(name, bytes, 8)), start, start + sizeMs)
    },
    innerBytes: (bytes) => [withoutSuffix(name, bytes, 8)],
  })
}

/**
 * Keys of session windows: the key's bytes, then the session's end and start (8 bytes each, milliseconds), in this order,
 * as Kafka Streams' SessionWindowedSerializer.
 *
 * @throws SerializationError `MILLRACE_DECODE_FAILED` on less than 16 bytes
 */
export function sessionWindowed<K>(inner: Serde<K>): Serde<Windowed<K>> {
  const name = 'sessionWindowed'
  return wrappingSerde<K, Windowed<K>>(inner, {
    name,
    serialize(value, keys) {
      const key = keys.serialize(value.key)
      const bytes = withSuffix(key, 16)
      writeSafeInt64(bytes, key.length, value.window.end)
      writeSafeInt64(bytes, key.length + 8, value.window.start)
      return bytes
    },
    deserialize(bytes, keys) {
      const key = keys.deserialize(withoutSuffix(name, bytes, 16))
      return windowed(key, readTime(name, bytes, 8), readTime(name, bytes, 16))
    },
    innerBytes: (bytes) => [withoutSuffix(name, bytes, 16)],
  })
}

function withSuffix(key: Uint8Array, suffixLength: number): Buffer {
  const bytes = Buffer.allocUnsafe(key.length + suffixLength)
  bytes.set(key)
  return bytes
}

function withoutSuffix(name: string, bytes: Uint8Array, suffixLength: number): Uint8Array {
  if (bytes.length >= suffixLength) return bytes.subarray(0, bytes.length - suffixLength)
  throw new SerializationError(
    'decode',
    `${name} ends with ${suffixLength} bytes of times, but there are ${bytes.length}`,
  )
}

/** The time that starts `fromEnd` bytes before the end. */
function readTime(name: string, bytes: Uint8Array, fromEnd: number): number {
  if (bytes.length < fromEnd) withoutSuffix(name, bytes, fromEnd)
  const time = readSafeInt64(asBuffer(bytes), bytes.length - fromEnd)
  if (time !== undefined) return time
  throw new SerializationError(
    'decode',
    `${name} has a window time beyond +-(2^53-1) milliseconds: another serde wrote these bytes`,
  )
}
