import type { Compression } from '../../src/protocol/compression/compression.ts'
import { BatchHeader } from '../../src/protocol/records/batch-header.ts'
import { RecordBatchWriter } from '../../src/protocol/records/record-batch-writer.ts'
import { RecordCursor } from '../../src/protocol/records/record-cursor.ts'

export interface SentRecord {
  readonly key?: string | null
  readonly value?: string | null
  readonly timestamp?: number
}

export interface SentOptions {
  readonly compression?: Compression
  readonly producerId?: number
  readonly epoch?: number
  readonly sequence?: number
  readonly transactional?: boolean
}

const bytesOf = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text))

/** A batch as a client sends it. */
export function sentBatch(records: readonly SentRecord[], options: SentOptions = {}): Buffer {
  const writer = new RecordBatchWriter(64)
  for (const { key = null, value = 'v', timestamp = 1_000 } of records)
    writer.append(bytesOf(key), bytesOf(value), timestamp)
  const { producerId = -1, epoch = producerId < 0 ? -1 : 0, sequence = producerId < 0 ? -1 : 0 } = options
  const batch = writer.finish(options.compression ?? 'none')
  batch.stamp({
    producerId: BigInt(producerId),
    producerEpoch: epoch,
    firstSequence: sequence,
    transactional: options.transactional ?? false,
  })
  return batch.bytes
}

export interface StoredRecord {
  readonly offset: number
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

/** All batches, checksums verified. */
export function batchesIn(records: Buffer): BatchHeader[] {
  const batches: BatchHeader[] = []
  for (let at = 0; at < records.length; at = batches.at(-1)!.end) batches.push(new BatchHeader(records, at))
  return batches
}

/** The records of all batches but markers, in their order. */
export function recordsIn(records: Buffer): StoredRecord[] {
  const cursor = new RecordCursor({ topic: 't', partition: 0 })
  const found: StoredRecord[] = []
  for (const batch of batchesIn(records).filter(({ isControl }) => !isControl)) {
    cursor.open(batch)
    while (cursor.next()) {
      const [key, value] = [cursor.key(), cursor.value()].map((bytes) => bytes?.toString() ?? null)
      found.push({ offset: cursor.offset, key: key!, value: value!, timestamp: cursor.timestamp })
    }
  }
  return found
}
