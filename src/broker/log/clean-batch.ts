/* What compaction makes of one batch (the record filter of Kafka's Cleaner, and MemoryRecords.filterTo). */
import { compress, compressionCode, type Compression } from '../../protocol/compression/compression.ts'
import { attribute, batchOverhead, type BatchHeader } from '../../protocol/records/batch-header.ts'
import { RecordCursor } from '../../protocol/records/record-cursor.ts'
import { ByteWriter, varintSize } from '../../protocol/wire/byte-writer.ts'
import type { CleanedTransactions } from './cleaned-transactions.ts'
import type { LatestOffsets } from './latest-offsets.ts'
import { rewritten, unlessUnable } from './rewrite-batch.ts'

/** The base timestamp is when tombstones and the marker of the batch may go (KIP-534). */
const hasDeleteHorizon = 0b100_0000

export interface CleanContext {
  readonly latest: LatestOffsets
  readonly transactions: CleanedTransactions
  readonly cursor: RecordCursor
  readonly nowMs: number
  readonly deleteRetentionMs: number
  /** Whether the batch is all that says what its producer did last: then it is kept, empty if need be. */
  readonly isLastOfProducer: (batch: BatchHeader) => boolean
}

interface Retained {
  readonly offsetDelta: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** As they stand in the record. */
  readonly headers: Buffer
}

/** Of a batch as it is now. */
interface Verdict {
  readonly discard: boolean
  /** It is the marker of a transaction of which nothing is left. */
  readonly isVainMarker: boolean
  readonly horizonMs: number | undefined
}

/** The batch as it is to be written; undefined when nothing of it stays. */
export function cleanBatch(batch: BatchHeader, context: CleanContext): Buffer | undefined {
  const verdict = judge(batch, context)
  const keepEmpty = context.isLastOfProducer(batch)
  if (verdict.discard && !keepEmpty) return undefined
  const retained = verdict.discard ? [] : retainedOf(batch, verdict, context)
  if (retained.length === 0) return keepEmpty ? emptied(batch) : undefined
  const horizonMs = verdict.horizonMs ?? newHorizon(retained, verdict, context)
  if (retained.length === batch.count && horizonMs === verdict.horizonMs)
    return batch.bytes.subarray(batch.start, batch.end)
  return rebuilt(batch, retained, horizonMs)
}

function judge(batch: BatchHeader, { transactions, nowMs }: CleanContext): Verdict {
  const canDiscard = transactions.canDiscard(batch)
  const horizonMs = (batch.attributes & hasDeleteHorizon) === 0 ? undefined : batch.baseTimestamp
  const isVainMarker = batch.isControl && canDiscard
  const discard = batch.isControl ? isVainMarker && horizonMs !== undefined && horizonMs <= nowMs : canDiscard
  return { discard, isVainMarker, horizonMs }
}

function newHorizon(retained: readonly Retained[], verdict: Verdict, context: CleanContext): number | undefined {
  const isNeeded = verdict.isVainMarker || retained.some(({ value }) => value === null)
  return isNeeded ? context.nowMs + context.deleteRetentionMs : undefined
}

function retainedOf(batch: BatchHeader, { horizonMs }: Verdict, context: CleanContext): Retained[] {
  const { cursor, latest, nowMs } = context
  const keepsTombstones = horizonMs === undefined || nowMs < horizonMs
  const retained: Retained[] = []
  cursor.open(batch)
  while (cursor.next()) {
    const isUnread = cursor.offset > latest.lastOffset
    const stays = isUnread || (latest.isLatest(cursor) && (cursor.valueLength >= 0 || keepsTombstones))
    if (batch.isControl || stays) retained.push(recordUnder(cursor, batch))
  }
  return retained
}

function recordUnder(cursor: RecordCursor, batch: BatchHeader): Retained {
  const headersAt = cursor.valueAt + Math.max(0, cursor.valueLength)
  return {
    offsetDelta: cursor.offset - batch.baseOffset,
    timestamp: cursor.timestamp,
    key: cursor.key(),
    value: cursor.value(),
    headers: cursor.body.subarray(headersAt, cursor.recordEnd),
  }
}

function emptied(batch: BatchHeader): Buffer {
  const attributes = batch.attributes & ~attribute.compression & ~hasDeleteHorizon
  const bytes = Buffer.alloc(batchOverhead)
  return rewritten(batch, bytes, { attributes, baseTimestamp: -1, count: 0 }).bytes
}

/** Offsets stay what they were, also that of the last record, if it is gone: the batch covers what it did before. */
function rebuilt(batch: BatchHeader, retained: readonly Retained[], horizonMs: number | undefined): Buffer {
  const baseTimestamp = horizonMs ?? batch.baseTimestamp
  const writer = new ByteWriter(batch.sizeInBytes)
  let largest = -1
  for (const record of retained) {
    writeRecord(writer, record, baseTimestamp)
    if (record.timestamp > largest) largest = record.timestamp
  }
  const { code, bytes } = compressedAs(writer.bytes(), batch.compressionCode)
  const others = batch.attributes & ~attribute.compression & ~hasDeleteHorizon
  return rewritten(batch, bytes, {
    attributes: others | code | (horizonMs === undefined ? 0 : hasDeleteHorizon),
    baseTimestamp,
    maxTimestamp: batch.hasAppendTime ? batch.maxTimestamp : largest,
    count: retained.length,
  }).bytes
}

function writeRecord(writer: ByteWriter, record: Retained, baseTimestamp: number): void {
  const { offsetDelta, key, value, headers } = record
  const timestampDelta = record.timestamp - baseTimestamp
  const deltas = varintSize(timestampDelta) + varintSize(offsetDelta)
  writer.varint(1 + deltas + nullableSize(key) + nullableSize(value) + headers.length)
  writer.int8(0)
  writer.varint(timestampDelta)
  writer.varint(offsetDelta)
  writer.varintBytes(key)
  writer.varintBytes(value)
  writer.raw(headers)
}

function nullableSize(bytes: Buffer | null): number {
  return bytes === null ? 1 : varintSize(bytes.length) + bytes.length
}

/** With the codec that it had; without one where this Node cannot write zstd. */
function compressedAs(content: Buffer, code: number): { readonly code: number; readonly bytes: Buffer } {
  const compression = (Object.keys(compressionCode) as Compression[]).find((name) => compressionCode[name] === code)!
  const bytes = unlessUnable(() => compress(content, compression, batchOverhead))
  return bytes === undefined ? { code: 0, bytes: compress(content, 'none', batchOverhead) } : { code, bytes }
}
