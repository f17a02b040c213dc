import type { Payload } from '../../src/core/payload.ts'
import type { Headers } from '../../src/core/stream-record.ts'
import type { Compression } from '../../src/protocol/compression/compression.ts'
import type { AbortedTransaction } from '../../src/protocol/records/aborted-filter.ts'
import { BatchHeader } from '../../src/protocol/records/batch-header.ts'
import { writeMarker } from '../../src/protocol/records/control-batch.ts'
import type { FetchedRecords } from '../../src/protocol/records/fetched-records.ts'
import { readFetched } from '../../src/protocol/records/read-fetched.ts'
import { RecordBatchWriter } from '../../src/protocol/records/record-batch-writer.ts'

export interface WrittenRecord {
  readonly key?: Payload | null
  readonly value: Payload | null
  readonly timestamp?: number
  readonly headers?: Headers
  readonly offsetDelta?: number
}

export interface StoredOptions {
  readonly baseOffset?: number
  readonly compression?: Compression
  /** Attribute bits beside the compression's. */
  readonly attributes?: number
  readonly producerId?: bigint
  readonly transactional?: boolean
}

/** A batch as a broker stores it. */
export function storedBatch(records: readonly WrittenRecord[], options: StoredOptions = {}): Buffer {
  const writer = new RecordBatchWriter(64)
  for (const { key = null, value, timestamp = 1_000, headers = [], offsetDelta } of records)
    writer.append(key, value, timestamp, { headers, ...(offsetDelta === undefined ? {} : { offsetDelta }) })
  const batch = writer.finish(options.compression ?? 'none', options.attributes)
  const { producerId = -1n, transactional = false } = options
  batch.stamp({ producerId, producerEpoch: 0, firstSequence: 0, transactional })
  batch.baseOffset = options.baseOffset ?? 0
  return batch.bytes
}

/** Records with these values. */
export function storedTexts(texts: readonly string[], options?: StoredOptions): Buffer {
  return storedBatch(
    texts.map((text) => ({ value: Buffer.from(text) })),
    options,
  )
}

export function storedMarker(type: 'commit' | 'abort', baseOffset: number, producerId: bigint): Buffer {
  const bytes = writeMarker({ type, producerId, producerEpoch: 0, coordinatorEpoch: 3, timestamp: 1_000 })
  new BatchHeader(bytes, 0).baseOffset = baseOffset
  return bytes
}

export function readRecords(records: Buffer, from = 0, aborted: readonly AbortedTransaction[] = []): FetchedRecords {
  return readFetched({ topic: 't', partition: 3, from, records, aborted })
}

export function textsOf(fetched: FetchedRecords): (string | null)[] {
  return Array.from({ length: fetched.count }, (_, i) => fetched.valueAt(i)?.toString() ?? null)
}
