/* The primitive types of messages (https://kafka.apache.org/protocol#protocol_types), plain and compact. */
import { assert } from '../../core/assert.ts'
import { ProtocolError } from '../../core/errors.ts'
import type { Codec } from './codec.ts'
import { compactLength, int16Length, int32Length, sized, type SizedBody } from './sized.ts'

/** Kafka refuses longer ones in every encoding (Short.MAX_VALUE in its generated classes). */
const stringBytesMax = 32_767

/** The zero id stands for none. */
export const zeroUuid = 'AAAAAAAAAAAAAAAAAAAAAA'

const bool: Codec<boolean> = {
  bytesMin: 1,
  read: (reader) => reader.int8() !== 0,
  write: (writer, value) => writer.int8(value ? 1 : 0),
}

function integer(type: 'int8' | 'int16' | 'int32' | 'int64', bytes: number): Codec<number> {
  const max = bytes === 8 ? Number.MAX_SAFE_INTEGER : 2 ** (8 * bytes - 1) - 1
  return {
    bytesMin: bytes,
    read: (reader) => reader[type](),
    write(writer, value) {
      if (!Number.isInteger(value) || value > max || value < -max - 1)
        throw new ProtocolError(`${value} is no whole number of ${8 * bytes} bits`)
      writer[type](value)
    },
  }
}

const uuid: Codec<string> = {
  bytesMin: 16,
  read: (reader) => reader.slice(16).toString('base64url'),
  write(writer, value) {
    const bytes = Buffer.from(value, 'base64url')
    if (bytes.length !== 16) throw new ProtocolError(`${value} is no id of 16 bytes in base64url`)
    writer.raw(bytes)
  },
}

export const int16: Codec<number> = integer('int16', 2)
export const int32: Codec<number> = integer('int32', 4)
export const int64: Codec<number> = integer('int64', 8)

const fixed = new Map<string, Codec>([
  ['bool', bool],
  ['int8', integer('int8', 1)],
  ['int16', int16],
  ['int32', int32],
  ['int64', int64],
  ['uuid', uuid],
])

const text: SizedBody<string> = {
  lengthOf(value) {
    const length = Buffer.byteLength(value)
    if (length > stringBytesMax) throw new ProtocolError(`a text of ${length} bytes; Kafka takes ${stringBytesMax}`)
    return length
  },
  read: (reader, length) => reader.utf8(length),
  write: (writer, value, length) => writer.utf8(value, length),
}

const bytes: SizedBody<Buffer> = {
  lengthOf: (value) => value.length,
  read: (reader, length) => reader.slice(length),
  write: (writer, value) => writer.raw(value),
}

const records: SizedBody<Buffer> = { ...bytes, write: (writer, value) => writer.attach(value) }

export interface Encoding {
  readonly flexible: boolean
  readonly nullable: boolean
}

export function stringCodec({ flexible, nullable }: Encoding): Codec<string | null> {
  return sized(flexible ? compactLength : int16Length, text, nullable)
}

export function recordsCodec({ flexible, nullable }: Encoding): Codec<Buffer | null> {
  return sized(flexible ? compactLength : int32Length, records, nullable)
}

/** The codec of a type by its name in the tables. */
export function primitive(type: string, encoding: Encoding): Codec {
  if (type === 'string') return stringCodec(encoding)
  if (type === 'bytes') return sized(encoding.flexible ? compactLength : int32Length, bytes, encoding.nullable)
  if (type === 'records') return recordsCodec(encoding)
  const codec = fixed.get(type)
  assert(codec !== undefined && !encoding.nullable, () => `a table has the type ${type}${encoding.nullable ? '?' : ''}`)
  return codec
}

export function arrayOf<T>(element: Codec<T>, { flexible, nullable }: Encoding): Codec<readonly T[] | null> {
  const body: SizedBody<readonly T[]> = {
    lengthOf: (values) => values.length,
    read(reader, count) {
      // Before anything is made of them: a count is four bytes, what it asks for may be gigabytes.
      if (count * element.bytesMin > reader.remaining || count > reader.remaining)
        throw new ProtocolError(`corrupt data: ${count} elements in ${reader.remaining} bytes`)
      const values: T[] = []
      for (let i = 0; i < count; i++) values.push(element.read(reader))
      return values
    },
    write(writer, values) {
      for (const value of values) element.write(writer, value)
    },
  }
  return sized(flexible ? compactLength : int32Length, body, nullable)
}
