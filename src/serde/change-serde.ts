import { change, type Change } from '../core/change.ts'
import { SerializationError } from '../core/errors.ts'
import type { Serde } from './serde.ts'
import { wrappingSerde } from './wrapping-serde.ts'

// The last byte says what stands before it, as Kafka Streams' ChangedSerializer (KIP-904):
//   0: old          1: new          2: varint(length of new) new old
// 3, 4 and 5 are the same with an `is latest` byte before the last. Millrace never writes it, has no use for it, and
// reads past it.
const oldOnly = 0
const newOnly = 1
const newAndOld = 2
const withIsLatest = 3

interface Sides {
  readonly newBytes: Uint8Array | undefined
  readonly oldBytes: Uint8Array | undefined
}

/**
 * A table's changes on a repartition topic: new and old value in one record, in Kafka Streams' layout.
 *
 * @throws SerializationError `MILLRACE_ENCODE_FAILED` when both are null (nothing changed: must not be sent),
 *   `MILLRACE_DECODE_FAILED` on bytes without this layout
 */
export function changeSerde<V>(inner: Serde<V>): Serde<Change<V>> {
  return wrappingSerde<V, Change<V>>(inner, {
    name: 'change',
    serialize: writeChange,
    deserialize(bytes, values) {
      const { newBytes, oldBytes } = sidesOf(bytes)
      const newValue = newBytes === undefined ? null : values.deserialize(newBytes)
      return change(newValue, oldBytes === undefined ? null : values.deserialize(oldBytes))
    },
    innerBytes(bytes) {
      const { newBytes, oldBytes } = sidesOf(bytes)
      return [newBytes, oldBytes].filter((side) => side !== undefined)
    },
  })
}

function writeChange<V>({ newValue, oldValue }: Change<V>, values: Serde<V>): Uint8Array {
  if (newValue !== null && oldValue !== null) return writeBoth(values.serialize(newValue), values.serialize(oldValue))
  if (newValue !== null) return writeOne(values.serialize(newValue), newOnly)
  if (oldValue !== null) return writeOne(values.serialize(oldValue), oldOnly)
  throw new SerializationError('encode', 'a change whose new and old value are both null cannot be sent')
}

function writeOne(side: Uint8Array, flag: number): Uint8Array {
  const bytes = Buffer.allocUnsafe(side.length + 1)
  bytes.set(side)
  bytes[side.length] = flag
  return bytes
}

function writeBoth(newBytes: Uint8Array, oldBytes: Uint8Array): Uint8Array {
  const prefix = varint(newBytes.length)
  return Buffer.concat([prefix, newBytes, oldBytes, Buffer.of(newAndOld)])
}

function sidesOf(bytes: Uint8Array): Sides {
  const flag = bytes.at(-1)
  if (flag === undefined) throw malformed('there are no bytes')
  if (flag > newAndOld + withIsLatest) throw malformed(`the last byte is ${flag}`)
  const end = bytes.length - (flag >= withIsLatest ? 2 : 1)
  if (end < 0) throw malformed('there is 1 byte')
  const body = bytes.subarray(0, end)
  switch (flag % withIsLatest) {
    case oldOnly:
      return { newBytes: undefined, oldBytes: body }
    case newOnly:
      return { newBytes: body, oldBytes: undefined }
    default:
      return splitBoth(body)
  }
}

function splitBoth(body: Uint8Array): Sides {
  const { value: length, end } = readVarint(body)
  if (length < 0 || length > body.length - end)
    throw malformed(`a new value of ${length} bytes does not fit into ${body.length}`)
  return { newBytes: body.subarray(end, end + length), oldBytes: body.subarray(end + length) }
}

/** Kafka's ByteUtils.writeVarint: zigzag, then 7 bits a byte, low ones first. */
function varint(length: number): Uint8Array {
  const bytes: number[] = []
  let rest = length * 2
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128)
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

function readVarint(bytes: Uint8Array): { readonly value: number; readonly end: number } {
  let raw = 0
  for (let index = 0; index < 5; index++) {
    const byte = bytes[index]
    if (byte === undefined) break
    raw |= (byte & 127) << (7 * index)
    if (byte < 128) return { value: (raw >>> 1) ^ -(raw & 1), end: index + 1 }
  }
  throw malformed('the length of the new value is not a varint')
}

function malformed(found: string): SerializationError {
  return new SerializationError(
    'decode',
    `not a change of a table (written by changeSerde or Kafka Streams' ChangedSerializer): ${found}`,
  )
}
