import { corruptRecords, type RecordsPlace } from './corrupt-records.ts'
import { crc32c } from './crc32c.ts'

/** Bytes before the first record. */
export const batchOverhead = 61
/** Offset and length: what the length field does not count. */
const logOverhead = 12
const magic = 2
const at = {
  length: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  firstSequence: 53,
  count: 57,
} as const

export const attribute = {
  compression: 0b111,
  appendTime: 0b1000,
  transactional: 0b1_0000,
  control: 0b10_0000,
} as const

/** Who wrote a batch and as which: what a broker drops duplicates by. -1, -1, -1 without idempotence. */
export interface BatchIdentity {
  readonly producerId: bigint
  readonly producerEpoch: number
  /** The sequence number of the batch's first record. */
  readonly firstSequence: number
  readonly transactional?: boolean
}

/**
 * The header of one record batch of format 2 (KIP-98), read and patched where it lies. What a broker sets (base offset, leader
 * epoch) stands before the checksum's range, so that an append rewrites 12 bytes and no checksum.
 */
export class BatchHeader {
  readonly bytes: Buffer
  /** Where the batch begins in `bytes`. */
  readonly start: number
  /** Where the next one begins. */
  readonly end: number

  constructor(bytes: Buffer, start: number) {
    this.bytes = bytes
    this.start = start
    this.end = start + logOverhead + bytes.readInt32BE(start + at.length)
  }

  get sizeInBytes(): number {
    return this.end - this.start
  }

  get bodyStart(): number {
    return this.start + batchOverhead
  }

  get baseOffset(): number {
    return readInt64(this.bytes, this.start)
  }

  set baseOffset(offset: number) {
    writeInt64(this.bytes, offset, this.start)
  }

  /** -1 when none was set. */
  get leaderEpoch(): number {
    return this.bytes.readInt32BE(this.start + at.leaderEpoch)
  }

  set leaderEpoch(epoch: number) {
    this.bytes.writeInt32BE(epoch, this.start + at.leaderEpoch)
  }

  get attributes(): number {
    return this.bytes.readInt16BE(this.start + at.attributes)
  }

  get compressionCode(): number {
    return this.attributes & attribute.compression
  }

  /** The broker's clock counts: every record has the batch's largest timestamp. */
  get hasAppendTime(): boolean {
    return (this.attributes & attribute.appendTime) !== 0
  }

  get isTransactional(): boolean {
    return (this.attributes & attribute.transactional) !== 0
  }

  /** It holds a marker of a transaction's end and nothing for users. */
  get isControl(): boolean {
    return (this.attributes & attribute.control) !== 0
  }

  /** Of the batch as it was written: compaction may have removed the record itself. */
  get lastOffsetDelta(): number {
    return this.bytes.readInt32BE(this.start + at.lastOffsetDelta)
  }

  get lastOffset(): number {
    return this.baseOffset + this.lastOffsetDelta
  }

  get baseTimestamp(): number {
    return readInt64(this.bytes, this.start + at.baseTimestamp)
  }

  get maxTimestamp(): number {
    return readInt64(this.bytes, this.start + at.maxTimestamp)
  }

  get producerId(): bigint {
    return this.bytes.readBigInt64BE(this.start + at.producerId)
  }

  get producerEpoch(): number {
    return this.bytes.readInt16BE(this.start + at.producerEpoch)
  }

  get firstSequence(): number {
    return this.bytes.readInt32BE(this.start + at.firstSequence)
  }

  /** Records that are there: fewer than the offsets that the batch covers after a compaction. */
  get count(): number {
    return this.bytes.readInt32BE(this.start + at.count)
  }

  get checksumFits(): boolean {
    const stored = this.bytes.readUInt32BE(this.start + at.crc)
    return stored === crc32c(this.bytes, this.start + at.attributes, this.end)
  }

  /** Sets who writes the batch, and its checksum: at the time of sending, as a retry may have a new epoch. */
  stamp({ producerId, producerEpoch, firstSequence, transactional = false }: BatchIdentity): void {
    const { bytes, start } = this
    const others = this.attributes & ~attribute.transactional
    bytes.writeInt16BE(others | (transactional ? attribute.transactional : 0), start + at.attributes)
    bytes.writeBigInt64BE(producerId, start + at.producerId)
    bytes.writeInt16BE(producerEpoch, start + at.producerEpoch)
    bytes.writeInt32BE(firstSequence, start + at.firstSequence)
    this.sealChecksum()
  }

  /** After any change behind the checksum. */
  sealChecksum(): void {
    this.bytes.writeUInt32BE(crc32c(this.bytes, this.start + at.attributes, this.end), this.start + at.crc)
  }
}

/**
 * The batch at `start`; undefined when it is cut off: a fetch may end in the middle of one (KIP-74). The checksum is the
 * caller's to ask for.
 *
 * @throws BrokerError `MILLRACE_RECORDS_CORRUPT` when it is none of format 2
 */
export function batchAt(bytes: Buffer, start: number, place: RecordsPlace): BatchHeader | undefined {
  if (start + at.magic < bytes.length && bytes[start + at.magic] !== magic) throw refusedFormat(bytes, start, place)
  if (start + batchOverhead > bytes.length) return undefined
  const batch = new BatchHeader(bytes, start)
  if (batch.sizeInBytes < batchOverhead) throw corruptRecords(batch, place, 'a batch is shorter than its header')
  return batch.end > bytes.length ? undefined : batch
}

function refusedFormat(bytes: Buffer, start: number, place: RecordsPlace): Error {
  const found = bytes[start + at.magic]!
  const old = 'Millrace reads format 2 (Kafka 0.11 and newer); have the topic written anew by a client of this decade'
  return corruptRecords({ baseOffset: readInt64(bytes, start) }, place, `message format ${found}: ${old}`)
}

export interface HeaderFields {
  readonly attributes: number
  readonly lastOffsetDelta: number
  readonly baseTimestamp: number
  readonly maxTimestamp: number
  readonly count: number
}

/** Writes a header for the batch that fills `bytes`: of nobody, at offset 0, and with no checksum before it is stamped. */
export function writeHeader(bytes: Buffer, fields: HeaderFields): BatchHeader {
  writeInt64(bytes, 0, 0)
  bytes.writeInt32BE(bytes.length - logOverhead, at.length)
  bytes.writeInt32BE(-1, at.leaderEpoch)
  bytes[at.magic] = magic
  bytes.writeInt16BE(fields.attributes, at.attributes)
  bytes.writeInt32BE(fields.lastOffsetDelta, at.lastOffsetDelta)
  writeInt64(bytes, fields.baseTimestamp, at.baseTimestamp)
  writeInt64(bytes, fields.maxTimestamp, at.maxTimestamp)
  bytes.writeInt32BE(fields.count, at.count)
  return new BatchHeader(bytes, 0)
}

/** As a double: offsets and timestamps stay far below 2^53. */
function readInt64(bytes: Buffer, position: number): number {
  return bytes.readInt32BE(position) * 4_294_967_296 + bytes.readUInt32BE(position + 4)
}

function writeInt64(bytes: Buffer, value: number, position: number): void {
  const high = Math.floor(value / 4_294_967_296)
  bytes.writeInt32BE(high, position)
  bytes.writeUInt32BE(value - high * 4_294_967_296, position + 4)
}
