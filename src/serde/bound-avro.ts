import type { Type } from 'avsc'
import { SerializationError } from '../core/errors.ts'
import { asBuffer } from './as-buffer.ts'
import { avroSchemaJson, avroType, type AvroTypeOptions } from './avro-type.ts'
import { messageOf } from './message-of.ts'
import type { SchemaRegistry } from './schema-registry.ts'
import type { Serde } from './serde.ts'

/** Confluent's wire format: a zero byte, the schema's id as int32 big-endian, then the Avro body. */
const headerLength = 5
/** The buffer that values are encoded into grows to the largest value met, but is not kept beyond this. */
const scratchBytesMax = 1_048_576

export interface BoundAvroOptions {
  readonly name: string
  readonly type: Type
  readonly options: AvroTypeOptions
  readonly registry: SchemaRegistry
  /** The id under which the registry knows the schema of `type`. */
  readonly schemaId: number
  readonly topic: string
}

/** Reads bodies of one writer's schema; or why they cannot be read, for as long as the app runs. */
type Reader = ((bytes: Buffer) => { readonly value: unknown; readonly offset: number }) | SerializationError

export function boundAvro<T>({ name, type, options, registry, schemaId, topic }: BoundAvroOptions): Serde<T> {
  const readers = new Map<number, Reader>([[schemaId, (bytes) => type.decode(bytes, headerLength)]])
  const loading = new Map<number, Promise<void>>()
  const encode = encoder(type, schemaId)

  async function load(id: number): Promise<void> {
    try {
      const schema = await registry.schemaById(id)
      // An unknown id is asked for again when it is met again: a registry may learn of a schema late.
      if (schema !== undefined) readers.set(id, readerFor(schema, id))
    } finally {
      loading.delete(id)
    }
  }

  function readerFor(schema: string, id: number): Reader {
    try {
      // Longs stay plain on the writer's side: the reader's type decides what becomes of them. And always a resolver,
      // even for schemas that look equal: avsc's `equals` does not see that two decimals have different scales.
      const writer = avroType(avroSchemaJson(schema), { ...options, longs: 'number' })
      const resolver = type.createResolver(writer)
      return (bytes) => type.decode(bytes, headerLength, resolver)
    } catch (cause) {
      return failed('decode', `${name} cannot read what schema id ${id} wrote: ${messageOf(cause)}`, cause)
    }
  }

  function failed(direction: 'decode' | 'encode', message: string, cause?: unknown): SerializationError {
    return new SerializationError(direction, message, { topic, cause })
  }

  return {
    name,
    serialize(value) {
      try {
        return encode(value)
      } catch (cause) {
        throw failed('encode', `${name} cannot write the value: ${invalidPaths(type, value) || messageOf(cause)}`, cause)
      }
    },
    deserialize(bytes) {
      const id = writerId(bytes)
      if (id === undefined) throw failed('decode', `${name}: ${notFramed(bytes)}`)
      const reader = readers.get(id)
      if (reader === undefined) {
        throw failed('decode', `${name}: the registry does not know schema id ${id}; was the record written with another registry?`)
      }
      if (typeof reader !== 'function') throw reader
      return decodeAll(reader, bytes)
    },
    prime(bytes) {
      const id = writerId(bytes)
      if (id === undefined || readers.has(id)) return undefined
      let promise = loading.get(id)
      if (promise === undefined) loading.set(id, (promise = load(id)))
      return promise
    },
  }

  function decodeAll(reader: Exclude<Reader, SerializationError>, bytes: Uint8Array): T {
    let decoded: { readonly value: unknown; readonly offset: number }
    try {
      decoded = reader(asBuffer(bytes))
    } catch (cause) {
      throw failed('decode', `${name} cannot read the ${bytes.length} bytes: ${messageOf(cause)}`, cause)
    }
    const left = bytes.length - decoded.offset
    if (decoded.offset < 0) throw failed('decode', `${name}: the ${bytes.length} bytes end in the middle of the value`)
    if (left > 0) throw failed('decode', `${name}: ${left} of the ${bytes.length} bytes are left after the value`)
    return decoded.value as T
  }
}

/** Undefined for bytes that cannot be in the wire format. */
function writerId(bytes: Uint8Array): number | undefined {
  if (bytes.length < headerLength || bytes[0] !== 0) return undefined
  const id = (bytes[1]! << 24) | (bytes[2]! << 16) | (bytes[3]! << 8) | bytes[4]!
  return id < 0 ? undefined : id
}

function notFramed(bytes: Uint8Array): string {
  const wanted = 'a value in the wire format of a schema registry starts with a zero byte and a schema id of 4 bytes'
  if (bytes.length < headerLength) return `${wanted}, but there are ${bytes.length} bytes`
  return `${wanted}, but these start with ${Buffer.from(bytes.subarray(0, headerLength)).toString('hex')}`
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
    errorHook: (path, part, wanted) => found.push(`${path.join('.') || 'the value itself'} is not a valid ${wanted.typeName.replace('abstract:', '')} (${typeof part})`),
  })
  return found.join('; ')
}
