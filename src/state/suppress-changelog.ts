import { change, type Change } from '../core/change.ts'
import { StateError } from '../core/errors.ts'
import { noHeaders, type Headers } from '../core/stream-record.ts'
import type { Serde } from '../serde/serde.ts'
import { bytesWithFields, FieldReader } from './byte-fields.ts'
import { readInt64, writeInt64 } from './changelog-keys.ts'
import { asBuffer } from './key-codec.ts'

/*
 * The value of a suppress buffer's changelog record, big-endian:
 *
 *   int8 version, int64 buffer time, int64 timestamp, int32 header count, per header: name, value;
 *   prior value, old value, new value
 *
 * Names and values are fields: an int32 length (-1: null) and bytes. Kafka Streams' own format (BufferValue, version 3) is told by
 * a record header, and changelog sinks take none.
 */

export interface SuppressValue<V> {
  readonly bufferTime: number
  readonly timestamp: number
  readonly headers: Headers
  /** What downstream last saw: the old value of the key's first update. */
  readonly prior: V | null
  readonly change: Change<V>
}

const version = 1
const bufferTimeAt = 1
const timestampAt = 9
const headerCountAt = 17
const fieldsAt = 21

export function suppressValueBytes<V>(entry: SuppressValue<V>, serde: Serde<V>): Uint8Array {
  const { headers, prior, change } = entry
  const headerFields = headers.flatMap(([name, value]) => [Buffer.from(name), value])
  const valueFields = [prior, change.oldValue, change.newValue].map((value) =>
    value === null ? null : serde.serialize(value),
  )
  const bytes = bytesWithFields(fieldsAt, [...headerFields, ...valueFields])
  bytes[0] = version
  writeInt64(bytes, entry.bufferTime, bufferTimeAt)
  writeInt64(bytes, entry.timestamp, timestampAt)
  bytes.writeInt32BE(headers.length, headerCountAt)
  return bytes
}

/** @throws StateError when a version of the library wrote it that this one does not know */
export function readSuppressValue<V>(bytes: Uint8Array, serde: Serde<V>): SuppressValue<V> {
  if (bytes[0] !== version) {
    throw new StateError(`a suppress changelog holds a record of version ${bytes[0]}, this release reads ${version}`)
  }
  const buffer = asBuffer(bytes)
  const reader = new FieldReader(buffer, fieldsAt)
  const headers = readHeaders(reader, buffer.readInt32BE(headerCountAt))
  const value = (): V | null => {
    const field = reader.field()
    return field === null ? null : serde.deserialize(field)
  }
  const prior = value()
  const oldValue = value()
  return {
    bufferTime: readInt64(buffer, bufferTimeAt),
    timestamp: readInt64(buffer, timestampAt),
    headers,
    prior,
    change: change(value(), oldValue),
  }
}

/** Copies: what restores is a view on a fetched batch. */
function readHeaders(reader: FieldReader, count: number): Headers {
  if (count === 0) return noHeaders
  return Array.from({ length: count }, () => {
    const name = reader.field()!.toString()
    const value = reader.field()
    return [name, value === null ? null : Uint8Array.from(value)] as const
  })
}
