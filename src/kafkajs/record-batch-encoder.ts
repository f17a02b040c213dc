/* Record batches of format 2 (KIP-98), written to one buffer that grows. */
import type { OutgoingRecord } from '../runtime/port.ts'
import { ByteWriter, varintSize } from '../protocol/wire/byte-writer.ts'
import { compress, compressionCode, type Compression } from './compression.ts'
import { crc32c } from './crc32c.ts'

/** Who wrote a batch and as which: what the broker drops duplicates by. */
export interface BatchIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly firstSequence: number
}

const lengthAt = 8
const crcAt = 17
const attributesAt = 21

export function encodeRecordBatch(
  records: readonly OutgoingRecord[],
  identity: BatchIdentity,
  compression: Compression,
): Buffer {
  const baseTimestamp = records[0]!.timestamp
  const body = new ByteWriter(estimate(records))
  for (let i = 0; i < records.length; i++) writeRecord(body, records[i]!, { offsetDelta: i, baseTimestamp })
  const payload = compression === 'none' ? body.bytes() : compress(body.bytes(), compression)

  const batch = new ByteWriter(61 + payload.length)
  batch.int64(0)
  batch.int32(0)
  batch.int32(-1)
  batch.int8(2)
  batch.int32(0)
  batch.int16(compressionCode[compression])
  batch.int32(records.length - 1)
  batch.int64(baseTimestamp)
  batch.int64(records.reduce((max, record) => Math.max(max, record.timestamp), -1))
  batch.bigInt64(identity.producerId)
  batch.int16(identity.producerEpoch)
  batch.int32(identity.firstSequence)
  batch.int32(records.length)
  batch.raw(payload)
  batch.int32At(lengthAt, batch.length - lengthAt - 4)
  batch.int32At(crcAt, crc32c(batch.bytes(), attributesAt, batch.length))
  return batch.bytes()
}

function writeRecord(
  writer: ByteWriter,
  record: OutgoingRecord,
  place: { readonly offsetDelta: number; readonly baseTimestamp: number },
): void {
  const timestampDelta = record.timestamp - place.baseTimestamp
  const head = 1 + varintSize(timestampDelta) + varintSize(place.offsetDelta)
  writer.varint(head + payloadSize(record))
  writer.int8(0)
  writer.varint(timestampDelta)
  writer.varint(place.offsetDelta)
  writer.varintBytes(record.key)
  writer.varintBytes(record.value)
  writer.varint(record.headers.length)
  for (const [name, value] of record.headers) {
    writer.varintBytes(Buffer.from(name))
    writer.varintBytes(value)
  }
}

/** Key, value and headers with their lengths. */
export function payloadSize({ key, value, headers }: OutgoingRecord): number {
  let size = bytesSize(key) + bytesSize(value) + varintSize(headers.length)
  for (const [name, headerValue] of headers) {
    const nameBytes = Buffer.byteLength(name)
    size += varintSize(nameBytes) + nameBytes + bytesSize(headerValue)
  }
  return size
}

function bytesSize(bytes: Uint8Array | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length
}

function estimate(records: readonly OutgoingRecord[]): number {
  return records.reduce((sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + 24, 64)
}
