import { crc32c } from '../../protocol/records/crc32c.ts'
import { ByteReader } from '../../protocol/wire/byte-reader.ts'
import { ByteWriter } from '../../protocol/wire/byte-writer.ts'

const crcBytes = 4

/** Content that is believed only whole: a version before it, a checksum behind it. */
export function encodeChecked(version: number, write: (writer: ByteWriter) => void): Buffer {
  const writer = new ByteWriter()
  writer.int16(version)
  write(writer)
  writer.int32(crc32c(writer.bytes(), 0, writer.length))
  return writer.bytes()
}

/** Undefined when it is missing, damaged, or of another version: it can be made anew from the log. */
export function decodeChecked<T>(
  bytes: Buffer | undefined,
  version: number,
  read: (reader: ByteReader) => T,
): T | undefined {
  if (bytes === undefined || bytes.length <= crcBytes) return undefined
  const end = bytes.length - crcBytes
  if (bytes.readUInt32BE(end) !== crc32c(bytes, 0, end)) return undefined
  const reader = new ByteReader(bytes.subarray(0, end))
  return reader.int16() === version ? read(reader) : undefined
}
