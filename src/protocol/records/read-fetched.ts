/* What a fetch brought for one partition: record batches of format 2, the last one possibly cut off (KIP-74). */
import { AbortedFilter, type AbortedTransaction } from './aborted-filter.ts'
import { batchAt, type BatchHeader } from './batch-header.ts'
import { FetchedRecords } from './fetched-records.ts'
import { RecordCursor } from './record-cursor.ts'

const expectedCountMax = 65_536

export interface RecordSet {
  readonly topic: string
  readonly partition: number
  /** The offset that was asked for: the first batch may begin before it. */
  readonly from: number
  readonly records: Buffer
  /** Empty unless the fetch was read-committed. */
  readonly aborted: readonly AbortedTransaction[]
}

/**
 * Control records and records of aborted transactions are left out, and the position still moves past them: a log may
 * end in one (KafkaConsumer's CompletedFetch does the same). Every checksum is verified, also of what is left out.
 *
 * @throws BrokerError `MILLRACE_RECORDS_CORRUPT`, with topic, partition and the batch's offset
 */
export function readFetched(set: RecordSet): FetchedRecords {
  const fetched = new FetchedRecords(set.topic, set.partition, set.from)
  const cursor = new RecordCursor(set)
  const aborted = new AbortedFilter(set.aborted, cursor)
  let batch: BatchHeader | undefined
  for (let at = 0; (batch = batchAt(set.records, at, set)) !== undefined; at = batch.end) {
    const { lastOffset } = batch
    if (aborted.drops(batch)) cursor.verify(batch)
    else if (lastOffset >= set.from) {
      cursor.open(batch)
      if (fetched.count === 0) fetched.reserve(expectedCount(set, batch))
      fetched.addAll(cursor, batch.count, set.from)
    }
    if (lastOffset >= set.from) noteEpoch(fetched, batch)
    fetched.nextOffset = Math.max(fetched.nextOffset, lastOffset + 1)
  }
  return fetched
}

function noteEpoch({ epochs }: FetchedRecords, { leaderEpoch, baseOffset }: BatchHeader): void {
  if (leaderEpoch !== epochs.at(-1)?.epoch) epochs.push({ epoch: leaderEpoch, startOffset: baseOffset })
}

/** By what is in the first batch, which has been checked; others may be quite different. */
function expectedCount({ records }: RecordSet, { count, sizeInBytes }: BatchHeader): number {
  return Math.min(expectedCountMax, Math.ceil((count * records.length) / sizeInBytes))
}
