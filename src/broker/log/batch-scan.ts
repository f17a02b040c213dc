import { batchAt, BatchHeader, batchOverhead } from '../../protocol/records/batch-header.ts'
import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import type { StoredFile } from './storage.ts'

const chunkBytes = 1024 * 1024
const lengthEnd = 12

export interface ScannedBatch {
  readonly header: BatchHeader
  /** Of the batch in the file. */
  readonly position: number
}

/**
 * The batches of a file from `position` on, which must be where one begins, read a megabyte at a time. Ends where a batch is
 * cut off.
 *
 * @throws BrokerError `MILLRACE_RECORDS_CORRUPT` where there is no batch of format 2
 */
export function* scanBatches(file: StoredFile, position: number, place: RecordsPlace): Generator<ScannedBatch> {
  let start = position
  let wanted = chunkBytes
  while (start + batchOverhead <= file.size) {
    const bytes = file.read(start, wanted)
    let at = 0
    for (let header = batchAt(bytes, at, place); header !== undefined; header = batchAt(bytes, at, place)) {
      yield { header, position: start + at }
      at = header.end
    }
    wanted = chunkBytes
    if (at === 0) {
      // Larger than the chunk, or cut off by the end of the file.
      wanted = lengthEnd + bytes.readInt32BE(8)
      if (start + wanted > file.size || wanted <= bytes.length) return
    }
    start += at
  }
}

/** The offset after whole batches; undefined when there is none. */
export function endOffsetOf(batches: Buffer): number | undefined {
  let end: number | undefined
  for (let at = 0; at < batches.length;) {
    const batch = new BatchHeader(batches, at)
    end = batch.lastOffset + 1
    at = batch.end
  }
  return end
}
