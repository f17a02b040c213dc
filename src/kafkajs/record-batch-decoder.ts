/* What a fetch brought for one partition: record batches of format 2, the last one possibly cut off (KIP-74). */
import { ByteReader } from '../protocol/wire/byte-reader.ts'
import { ColumnBatch } from './column-batch.ts'
import { decompressForeign, decompressNow, isSynchronous } from './compression.ts'
import { crc32c } from './crc32c.ts'

export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

export interface RecordSet {
  readonly topic: string
  readonly partition: number
  /** The offset that was asked for: the first batch may begin before it. */
  readonly from: number
  readonly records: Buffer
  /** Empty unless the fetch was read-committed. */
  readonly aborted: readonly AbortedTransaction[]
}

interface BatchHeader {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly compression: number
  readonly appendTime: number
  readonly transactional: boolean
  readonly control: boolean
  readonly baseTimestamp: number
  readonly producerId: bigint
  readonly count: number
}

const batchOverhead = 61
const lengthAt = 8
const magicAt = 16
const crcAt = 17
const attributesAt = 21

/**
 * Control records and records of aborted transactions are left out, and the position still moves past them: a log may
 * end in one (KafkaConsumer's CompletedFetch does the same).
 *
 * @throws Error when a checksum does not fit or a batch has an old format
 */
export async function decodeRecordSet(set: RecordSet): Promise<ColumnBatch> {
  const batch = new ColumnBatch(set.topic, set.partition, set.from)
  const aborted = abortedFilter(set.aborted)
  for (let at = 0; at + batchOverhead <= set.records.length;) {
    const end = at + lengthAt + 4 + set.records.readInt32BE(at + lengthAt)
    if (end > set.records.length) break
    if (end - at < batchOverhead) throw corrupt(set, 'a batch is shorter than its header')
    const header = readHeader(set, at, end)
    if (!aborted(header, set.records, at + batchOverhead) && header.lastOffset >= set.from) {
      const payload = set.records.subarray(at + batchOverhead, end)
      const { compression } = header
      const segment = isSynchronous(compression)
        ? decompressNow(payload, compression)
        : await decompressForeign(payload, compression)
      batch.addSegment(segment, header, set.from)
    }
    batch.nextOffset = Math.max(batch.nextOffset, header.lastOffset + 1)
    at = end
  }
  return batch
}

function corrupt(set: RecordSet, what: string): Error {
  return new Error(`corrupt records of ${set.topic}-${set.partition} behind offset ${set.from}: ${what}`)
}

function readHeader(set: RecordSet, at: number, end: number): BatchHeader {
  const magic = set.records[at + magicAt]!
  if (magic !== 2) throw corrupt(set, `message format ${magic}; Millrace reads format 2 (Kafka 0.11 and newer)`)
  const reader = new ByteReader(set.records, at)
  const baseOffset = reader.int64()
  reader.at = at + crcAt
  if (reader.uint32() !== crc32c(set.records, at + attributesAt, end))
    throw corrupt(set, 'the checksum of a batch does not fit')
  const attributes = reader.int16()
  const lastOffset = baseOffset + reader.int32()
  const baseTimestamp = reader.int64()
  const maxTimestamp = reader.int64()
  const producerId = reader.bigInt64()
  reader.skip(6)
  return {
    baseOffset,
    lastOffset,
    compression: attributes & 0b111,
    appendTime: (attributes & 0b1000) !== 0 ? maxTimestamp : -1,
    transactional: (attributes & 0b1_0000) !== 0,
    control: (attributes & 0b10_0000) !== 0,
    baseTimestamp,
    producerId,
    count: reader.int32(),
  }
}

/**
 * Says of each batch, in offset order, whether it must be left out. A producer's batches are aborted from the first offset
 * of its aborted transaction up to its abort marker.
 */
function abortedFilter(
  transactions: readonly AbortedTransaction[],
): (header: BatchHeader, records: Buffer, bodyAt: number) => boolean {
  const upcoming = transactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
  const open = new Set<bigint>()
  return (header, records, bodyAt) => {
    while (upcoming.length > 0 && upcoming[0]!.firstOffset <= header.lastOffset) open.add(upcoming.shift()!.producerId)
    if (!header.control) return header.transactional && open.has(header.producerId)
    if (header.count > 0 && isAbortMarker(records, bodyAt)) open.delete(header.producerId)
    return true
  }
}

/** A control record's key: version, then type 0 = abort, 1 = commit. */
function isAbortMarker(records: Buffer, bodyAt: number): boolean {
  const reader = new ByteReader(records, bodyAt)
  reader.varint()
  reader.skip(1)
  reader.varint()
  reader.varint()
  const key = reader.varintBytes()
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0
}
