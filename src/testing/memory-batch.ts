import type { Headers } from '../core/stream-record.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { FetchedBatch } from '../runtime/port.ts'

export interface BatchRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Headers
}

/** A fetched batch over an array of records. */
export function memoryBatch({ topic, partition }: TopicPartition, records: readonly BatchRecord[]): FetchedBatch {
  return {
    topic,
    partition,
    count: records.length,
    offsetAt: (index) => records[index]!.offset,
    timestampAt: (index) => records[index]!.timestamp,
    keyAt: (index) => records[index]!.key,
    valueAt: (index) => records[index]!.value,
    headersAt: (index) => records[index]!.headers,
    highWatermark: (records.at(-1)?.offset ?? -1) + 1,
    bytes: records.reduce((total, { key, value }) => total + (key?.length ?? 0) + (value?.length ?? 0), 0),
  }
}
