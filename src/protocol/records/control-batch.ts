import { attribute, type BatchHeader } from './batch-header.ts'
import type { RecordCursor } from './record-cursor.ts'
import { RecordBatchWriter } from './record-batch-writer.ts'

/** The end of a transaction, as it stands in the log of every partition that the transaction wrote to. */
export interface TransactionMarker {
  readonly type: 'commit' | 'abort'
  /** -1 where the value is missing or of a version that is not known. */
  readonly coordinatorEpoch: number
}

/** A control record's type, in its key behind a version. Others (KRaft's) are not of transactions. */
const types = ['abort', 'commit'] as const

/** What a control batch says; undefined when it is no end of a transaction, or compaction left it empty. */
export function readMarker(batch: BatchHeader, cursor: RecordCursor): TransactionMarker | undefined {
  cursor.open(batch)
  if (!cursor.next()) return undefined
  const [key, value] = [cursor.key(), cursor.value()]
  const type = key !== null && key.length >= 4 ? types[key.readInt16BE(2)] : undefined
  if (type === undefined) return undefined
  return { type, coordinatorEpoch: value !== null && value.length >= 6 ? value.readInt32BE(2) : -1 }
}

export interface MarkerOptions extends TransactionMarker {
  readonly producerId: bigint
  readonly producerEpoch: number
  readonly timestamp: number
}

/** The batch that ends a transaction in one partition. Without a sequence number: it is the coordinator's, not the producer's. */
export function writeMarker(marker: MarkerOptions): Buffer {
  const key = Buffer.alloc(4)
  key.writeInt16BE(types.indexOf(marker.type), 2)
  const value = Buffer.alloc(6)
  value.writeInt32BE(marker.coordinatorEpoch, 2)
  const writer = new RecordBatchWriter()
  writer.append(key, value, marker.timestamp)
  const batch = writer.finish('none', attribute.control)
  batch.stamp({ ...marker, firstSequence: -1, transactional: true })
  return batch.bytes
}
