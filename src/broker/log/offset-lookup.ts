import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import { RecordCursor } from '../../protocol/records/record-cursor.ts'
import type { Segment } from './segment.ts'

export interface TimestampedOffset {
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

export interface LookupOptions {
  readonly timestamp: number
  /** Records before are deleted. */
  readonly logStartOffset: number
  readonly place: RecordsPlace
}

/** The first record with a timestamp of at least this, control records included as in Kafka; undefined when there is none. */
export function firstAtOrAfter(segments: readonly Segment[], options: LookupOptions): TimestampedOffset | undefined {
  for (const segment of segments) {
    if (segment.maxTimestamp < options.timestamp || segment.endOffset <= options.logStartOffset) continue
    const found = firstIn(segment, options)
    if (found !== undefined) return found
  }
  return undefined
}

function firstIn(segment: Segment, options: LookupOptions): TimestampedOffset | undefined {
  const { timestamp, logStartOffset, place } = options
  const cursor = new RecordCursor(place)
  const from = segment.index.positionOfTimestamp(timestamp)
  for (const { header } of segment.batchesFrom(from, place)) {
    if (header.maxTimestamp < timestamp || header.lastOffset < logStartOffset) continue
    cursor.open(header)
    while (cursor.next())
      if (cursor.timestamp >= timestamp && cursor.offset >= logStartOffset)
        return { timestamp: cursor.timestamp, offset: cursor.offset, leaderEpoch: header.leaderEpoch }
  }
  return undefined
}
