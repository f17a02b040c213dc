import type { Type } from 'avsc'
import { SerializationError } from '../core/errors.ts'
import { asBuffer } from './as-buffer.ts'
import { avroReaders, type AvroReader, type AvroReadersOptions } from './avro-readers.ts'
import { messageOf } from './message-of.ts'
import type { Serde } from './serde.ts'

/** Confluent's wire format: a zero byte, the schema's id as int32 big-endian, then the Avro body. */
const headerLength = 5
/** The buffer that values are encoded into grows to the largest value met, but is not kept beyond this. */
const scratchBytesMax = 1_048_576

export interface BoundAvroOptions extends AvroReadersOptions {
  readonly name: string
  readonly topic: string
}

/** The ready form of `avro()`: its schema is registered, and other writers' schemas are fetched as their ids are met. */
export function boundAvro<T>({ name, topic, ...schemas }: BoundAvroOptions): Serde<T> {
  const { type, schemaId } = schemas
  const readers = avroReaders(schemas)
  const encode = encoder(type, schemaId)
  const failed = (direction: 'decode' | 'encode', problem: string, cause?: unknown): SerializationError =>
    new SerializationError(direction, `${name} ${problem}`, { topic, cause })

  function decode(reader: AvroReader, bytes: Uint8Array): ReturnType<AvroReader> {
    try {
      return reader(asBuffer(bytes), headerLength)
    } catch (cause) {
      throw failed('decode', `cannot read the ${bytes.length} bytes: ${messageOf(cause)}`, cause)
    }
  }

  return {
    name,
    serialize(value) {
      try {
        return encode(value)
      } catch (cause) {
        throw failed('encode', `cannot write the value: ${invalidPaths(type, value) || messageOf(cause)}`, cause)
      }
    },
    deserialize(bytes) {
      const id = writerId(bytes)
      if (id === undefined)
        throw failed('decode', `starts with a zero byte and a schema id of 4 bytes, but ${startOf(bytes)}`)
      const reader = readers.find(id)
      if (reader === undefined) {
        throw failed(
          'decode',
          `was written with schema id ${id}, which the registry does not know; with another registry?`,
        )
      }
      const { value, offset } = decode(reader, bytes)
      if (offset < 0) throw failed('decode', `stops in the middle of the value after ${bytes.length} bytes`)
      const left = bytes.length - offset
      if (left > 0)
        throw failed('decode', `ends before its bytes do: ${left} of ${bytes.length} are left after the value`)
      return value as T
    },
    prime(bytes) {
      const id = writerId(bytes)
      return id === undefined ? undefined : readers.load(id)
    },
  }
}

/** Undefined for bytes that cannot be in the wire format. */
function writerId(bytes: Uint8Array): number | undefined {
  if (bytes.length < headerLength || bytes[0] !== 0) return undefined
  const id = (bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!
  return id < 0 ? undefined : id
}

function startOf(bytes: Uint8Array): string {
  if (bytes.length < headerLength) return `there are ${bytes.length} bytes`
  return `these start with ${Buffer.from(bytes.subarray(0, headerLength)).toString('hex')}`
}

function encoder(type: Type, schemaId: number): (value: unknown) => Uint8Array {
  let scratch = framed(1024)
  return (value) => {
    const end = type.encode(value, scratch, headerLength)
    if (end >= 0) return Buffer.from(scratch.subarray(0, end))
    // avsc answers with the number of missing bytes, negated.
    const exact = framed(scratch.length - end)
    type.encode(value, exact, headerLength)
    scratch = framed(Math.min(exact.length * 2, scratchBytesMax))
    return exact
  }

  function framed(length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length)
    bytes[0] = 0
    bytes.writeInt32BE(schemaId, 1)
    return bytes
  }
}

function invalidPaths(type: Type, value: unknown): string {
  const found: string[] = []
  type.isValid(value, {
    errorHook(path, part, wanted) {
      found.push(
        `${path.join('.') || 'the value itself'} is not a valid ${wanted.typeName.replace('abstract:', '')} (${typeof part})`,
      )
    },
  })
  return found.join('; ')
}
