/* What a broker checks of the batches that a client sends, and sets in them (Kafka's UnifiedLog and LogValidator). */
import { batchAt, type BatchHeader } from '../../protocol/records/batch-header.ts'
import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import { RecordCursor } from '../../protocol/records/record-cursor.ts'
import { AppendRejection, type RecordError } from './append-rejection.ts'
import type { LogConfig } from './log-config.ts'
import { recompressed, withTimestamps } from './rewrite-batch.ts'

export interface CheckOptions {
  readonly config: LogConfig
  readonly nowMs: number
  readonly place: RecordsPlace
}

/**
 * The batches of a client as they will be stored: views of what came, or copies where something behind the checksum changes.
 * Every record is read, as Kafka does: a header may be wrong about the largest timestamp (KafkaJS takes the last one's).
 *
 * @throws AppendRejection
 */
export function checkBatches(records: Buffer, options: CheckOptions): BatchHeader[] {
  const batches = splitBatches(records, options)
  if (records.length > options.config.segmentBytes)
    throw new AppendRejection('RECORD_LIST_TOO_LARGE', `${records.length} bytes do not fit into a segment`)
  const cursor = new RecordCursor(options.place)
  return batches.map((batch) => prepared(batch, cursor, options))
}

function splitBatches(records: Buffer, { config, place }: CheckOptions): BatchHeader[] {
  const batches: BatchHeader[] = []
  for (let at = 0; at < records.length;) {
    const batch = unlessCorrupt(() => batchAt(records, at, place))
    if (batch === undefined) throw new AppendRejection('CORRUPT_MESSAGE', 'the last batch is cut off')
    checkHeader(batch, config)
    batches.push(batch)
    at = batch.end
  }
  return batches
}

function checkHeader(batch: BatchHeader, config: LogConfig): void {
  const refuse = (what: string): never => {
    throw new AppendRejection('INVALID_RECORD', what)
  }
  if (batch.sizeInBytes > config.maxMessageBytes)
    throw new AppendRejection(
      'MESSAGE_TOO_LARGE',
      `a batch of ${batch.sizeInBytes} bytes; max.message.bytes is ${config.maxMessageBytes}`,
    )
  if (batch.baseOffset !== 0) refuse(`the base offset of a batch is ${batch.baseOffset}, and should be 0`)
  if (batch.isControl) refuse('clients may not write control records')
  if (batch.count <= 0 || batch.count !== batch.lastOffsetDelta + 1)
    refuse(`a batch of ${batch.count} records with offsets up to ${batch.lastOffsetDelta}`)
  if (batch.producerId > Number.MAX_SAFE_INTEGER) refuse(`producer id ${batch.producerId} is none of this broker`)
  if (batch.producerId >= 0 && batch.firstSequence < 0) refuse(`sequence number ${batch.firstSequence} of a producer`)
}

function prepared(batch: BatchHeader, cursor: RecordCursor, options: CheckOptions): BatchHeader {
  const { config, nowMs } = options
  const largest = unlessCorrupt(() => checkRecords(batch, cursor, options))
  const appendTime = config.messageTimestampType === 'LogAppendTime'
  const maxTimestamp = appendTime ? nowMs : largest
  const timestamped =
    batch.maxTimestamp === maxTimestamp && batch.hasAppendTime === appendTime
      ? batch
      : withTimestamps(batch, { maxTimestamp, appendTime })
  return config.compressionType === 'producer' ? timestamped : recompressed(timestamped, config.compressionType)
}

/** Corrupt bytes are the sender's fault here, and no error of the broker. */
function unlessCorrupt<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof AppendRejection) throw error
    throw new AppendRejection('CORRUPT_MESSAGE', error instanceof Error ? error.message : String(error))
  }
}

/** Returns the largest timestamp, -1 without. */
function checkRecords(batch: BatchHeader, cursor: RecordCursor, options: CheckOptions): number {
  const faults: RecordError[] = []
  let timestampFault = false
  let maxTimestamp = -1
  cursor.open(batch)
  for (let i = 0; cursor.next(); i++) {
    if (cursor.offset !== i) throw new AppendRejection('INVALID_RECORD', 'the offsets of a batch are not in sequence')
    if (cursor.keyLength < 0 && options.config.cleanupPolicy.compact)
      faults.push({ batchIndex: i, batchIndexErrorMessage: 'a compacted topic needs keys, and this record has none' })
    const fault = timestampProblem(cursor.timestamp, options)
    if (fault !== undefined) faults.push({ batchIndex: i, batchIndexErrorMessage: fault })
    timestampFault ||= fault !== undefined
    if (cursor.timestamp > maxTimestamp) maxTimestamp = cursor.timestamp
  }
  if (faults.length > 0)
    throw new AppendRejection(
      timestampFault ? 'INVALID_TIMESTAMP' : 'INVALID_RECORD',
      `${faults.length} of ${batch.count} records cannot be stored: ${faults[0]!.batchIndexErrorMessage}`,
      faults,
    )
  return maxTimestamp
}

function timestampProblem(timestamp: number, { config, nowMs }: CheckOptions): string | undefined {
  if (config.messageTimestampType === 'LogAppendTime' || timestamp === -1) return undefined
  const beforeMs = nowMs - timestamp
  if (beforeMs > config.messageTimestampBeforeMaxMs)
    return `timestamp ${timestamp} is ${beforeMs} ms before the broker's clock, more than message.timestamp.before.max.ms`
  if (-beforeMs > config.messageTimestampAfterMaxMs)
    return `timestamp ${timestamp} is ${-beforeMs} ms ahead of the broker's clock, more than message.timestamp.after.max.ms`
  return undefined
}
