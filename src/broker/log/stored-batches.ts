import { BatchHeader } from '../../protocol/records/batch-header.ts'
import type { BatchSpan } from './segment.ts'

/** Offset, length and leader epoch: what the broker sets stands in it, before what the checksum covers. */
const prefixBytes = 16

/** Batches with the offsets that they get in a log, as they are written. */
export interface StoredBatches {
  readonly parts: readonly Buffer[]
  readonly spans: readonly { readonly span: BatchSpan; readonly bytes: number }[]
  readonly bytes: number
  readonly maxTimestamp: number
  readonly lastOffset: number
}

/** The bytes that came are views of a request and stay as they are: the first bytes of each batch are copied and changed. */
export function toStored(batches: readonly BatchHeader[], firstOffset: number, leaderEpoch: number): StoredBatches {
  const parts: Buffer[] = []
  const spans: { span: BatchSpan; bytes: number }[] = []
  let baseOffset = firstOffset
  for (const batch of batches) {
    parts.push(withPrefix(batch, baseOffset, leaderEpoch), batch.bytes.subarray(batch.start + prefixBytes, batch.end))
    const lastOffset = baseOffset + batch.lastOffsetDelta
    spans.push({ span: { baseOffset, lastOffset, maxTimestamp: batch.maxTimestamp }, bytes: batch.sizeInBytes })
    baseOffset = lastOffset + 1
  }
  const bytes = spans.reduce((sum, one) => sum + one.bytes, 0)
  const maxTimestamp = spans.reduce((max, { span }) => Math.max(max, span.maxTimestamp), -1)
  return { parts, spans, bytes, maxTimestamp, lastOffset: baseOffset - 1 }
}

function withPrefix(batch: BatchHeader, baseOffset: number, leaderEpoch: number): Buffer {
  const bytes = Buffer.from(batch.bytes.subarray(batch.start, batch.start + prefixBytes))
  const header = new BatchHeader(bytes, 0)
  header.baseOffset = baseOffset
  header.leaderEpoch = leaderEpoch
  return bytes
}
