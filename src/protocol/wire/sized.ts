import { ProtocolError } from '../../core/errors.ts'
import type { ByteReader } from './byte-reader.ts'
import type { Codec } from './codec.ts'
import type { MessageWriter } from './message-writer.ts'

/** How the length of a string, of bytes or of an array is written; -1 stands for null. */
export interface LengthPrefix {
  readonly bytes: number
  read(reader: ByteReader): number
  write(writer: MessageWriter, length: number): void
}

export const int16Length: LengthPrefix = {
  bytes: 2,
  read: (reader) => reader.int16(),
  write: (writer, length) => writer.int16(length),
}

export const int32Length: LengthPrefix = {
  bytes: 4,
  read: (reader) => reader.int32(),
  write: (writer, length) => writer.int32(length),
}

export const compactLength: LengthPrefix = {
  bytes: 1,
  read: (reader) => reader.unsignedVarint() - 1,
  write: (writer, length) => writer.unsignedVarint(length + 1),
}

/** What comes after its length. */
export interface SizedBody<T> {
  lengthOf(value: T): number
  /** Must not trust the length: it was read off the network. */
  read(reader: ByteReader, length: number): T
  write(writer: MessageWriter, value: T, length: number): void
}

export function sized<T>(prefix: LengthPrefix, body: SizedBody<T>, nullable: boolean): Codec<T | null> {
  return {
    bytesMin: prefix.bytes,
    read(reader) {
      const length = prefix.read(reader)
      if (length >= 0) return body.read(reader, length)
      if (!nullable) throw new ProtocolError('corrupt data: null where there must be a value')
      return null
    },
    write(writer, value) {
      if (value === null) {
        if (!nullable) throw new ProtocolError('null, which this version cannot say')
        return prefix.write(writer, -1)
      }
      const length = body.lengthOf(value)
      prefix.write(writer, length)
      body.write(writer, value, length)
    },
  }
}
