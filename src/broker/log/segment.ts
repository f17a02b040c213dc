import { BatchHeader, batchOverhead } from '../../protocol/records/batch-header.ts'
import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import type { LogConfig } from './log-config.ts'
import { scanBatches, type ScannedBatch } from './batch-scan.ts'
import { indexIntervalBytes, SegmentIndex } from './segment-index.ts'
import type { StoredFile } from './storage.ts'

export interface SegmentRead {
  /** From here on. */
  readonly offset: number
  /** The first batch comes whole even when it is larger. */
  readonly maxBytes: number
  /** No batch that begins here or later. */
  readonly limit: number
}

/** What a batch adds to a segment. */
export interface BatchSpan {
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1: no record of it has one. */
  readonly maxTimestamp: number
}

/** What is about to be appended, all of it. */
export interface NextAppend {
  readonly bytes: number
  readonly maxTimestamp: number
  readonly lastOffset: number
  readonly nowMs: number
}

/** Kafka's indexes have offsets of 32 bits, signed. */
const relativeOffsetMax = 0x7fff_ffff

const nothing = Buffer.alloc(0)

/** A stretch of a log in one file: batches as clients sent them, and where to find them. */
export class Segment {
  readonly baseOffset: number
  file: StoredFile
  readonly index: SegmentIndex
  /** The offset after the last batch. */
  endOffset: number
  /** The largest of all records, -1 without. */
  maxTimestamp = -1
  /** The largest of the first batch: what `segment.ms` counts from. */
  firstTimestamp = -1
  /** By the broker's clock, for segments whose records have no timestamps. */
  createdMs: number

  constructor(baseOffset: number, file: StoredFile, createdMs: number, index: SegmentIndex = new SegmentIndex()) {
    this.baseOffset = baseOffset
    this.endOffset = baseOffset
    this.file = file
    this.createdMs = createdMs
    this.index = index
  }

  get sizeInBytes(): number {
    return this.file.size
  }

  /** What retention goes by. */
  get largestTimestamp(): number {
    return this.maxTimestamp >= 0 ? this.maxTimestamp : this.createdMs
  }

  append(parts: readonly Uint8Array[], spans: readonly { readonly span: BatchSpan; readonly bytes: number }[]): void {
    let position = this.file.size
    this.file.append(parts)
    for (const { span, bytes } of spans) {
      this.noteBatch(span, position)
      position += bytes
    }
  }

  /** A batch that stands in the file behind all that were noted. */
  noteBatch(batch: BatchSpan, position: number): void {
    this.index.add(batch.baseOffset - this.baseOffset, position, this.maxTimestamp)
    if (this.index.count === 1 && position === this.index.positionAt(0)) this.firstTimestamp = batch.maxTimestamp
    this.maxTimestamp = Math.max(this.maxTimestamp, batch.maxTimestamp)
    this.endOffset = batch.lastOffset + 1
  }

  /** Whether what is to be appended belongs into a new segment (Kafka's LogSegment.shouldRoll). */
  mustRoll(next: NextAppend, { segmentBytes, segmentMs }: Pick<LogConfig, 'segmentBytes' | 'segmentMs'>): boolean {
    if (this.sizeInBytes === 0) return false
    const timed = this.firstTimestamp >= 0 && next.maxTimestamp >= 0
    const ageMs = timed ? next.maxTimestamp - this.firstTimestamp : next.nowMs - this.createdMs
    return (
      this.sizeInBytes + next.bytes > segmentBytes ||
      ageMs > segmentMs ||
      next.lastOffset - this.baseOffset > relativeOffsetMax
    )
  }

  /**
   * Whole batches, the first of which holds the offset or is the first one behind it. Undefined when this segment has none; empty
   * when it is behind the limit.
   */
  read({ offset, maxBytes, limit }: SegmentRead): Buffer | undefined {
    if (offset >= this.endOffset) return undefined
    let from = this.index.positionOfOffset(offset - this.baseOffset)
    // Compaction may have left nothing here, and the reader may come from before.
    while (from + batchOverhead <= this.file.size) {
      const bytes = this.file.read(from, Math.max(maxBytes, batchOverhead) + indexIntervalBytes)
      const start = startOfHolding(bytes, offset)
      if (start + batchOverhead <= bytes.length) return this.#wholeBatches(bytes, from, { maxBytes, limit, start })
      // Behind a large batch, in a gap that compaction left.
      from += start
    }
    return undefined
  }

  #wholeBatches(bytes: Buffer, from: number, options: Omit<SegmentRead, 'offset'> & { start: number }): Buffer {
    const first = new BatchHeader(bytes, options.start)
    if (first.baseOffset >= options.limit) return nothing
    if (first.end > bytes.length) return this.file.read(from + first.start, first.sizeInBytes)
    return bytes.subarray(first.start, endOfWhole(bytes, first, options))
  }

  batchesFrom(position: number, place: RecordsPlace): Generator<ScannedBatch> {
    return scanBatches(this.file, Math.max(position, this.file.start), place)
  }
}

/** Where the first batch begins that reaches the offset: perhaps behind what was read. */
function startOfHolding(bytes: Buffer, offset: number): number {
  let at = 0
  while (at + batchOverhead <= bytes.length) {
    const batch = new BatchHeader(bytes, at)
    if (batch.lastOffset >= offset) break
    at = batch.end
  }
  return at
}

function endOfWhole(bytes: Buffer, first: BatchHeader, { maxBytes, limit }: Omit<SegmentRead, 'offset'>): number {
  let end = first.end
  while (end + batchOverhead <= bytes.length) {
    const batch = new BatchHeader(bytes, end)
    if (batch.end > bytes.length || batch.end - first.start > maxBytes || batch.baseOffset >= limit) break
    end = batch.end
  }
  return end
}
