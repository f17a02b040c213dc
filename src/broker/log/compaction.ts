/*
 * Compaction of a log (Kafka's LogCleaner and Cleaner): what is behind the last cleaned offset is read for the last offset of
 * each key, then all segments up to there are written anew without what has been overwritten. Offsets stay, gaps are left. It
 * runs in steps, between which others may write and read; a segment takes the place of those that it was made of at once.
 */
import { BatchHeader } from '../../protocol/records/batch-header.ts'
import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import { RecordCursor } from '../../protocol/records/record-cursor.ts'
import type { AbortedTransactions } from './aborted-transactions.ts'
import { cleanBatch, type CleanContext } from './clean-batch.ts'
import { CleanedTransactions } from './cleaned-transactions.ts'
import { LatestOffsets } from './latest-offsets.ts'
import type { LogConfig } from './log-config.ts'
import type { LogSegments } from './log-segments.ts'
import type { Producers } from './producers.ts'
import { lastOffsetOf } from './producer-state.ts'
import type { Segment } from './segment.ts'

export interface CompactionOptions {
  readonly segments: LogSegments
  readonly aborted: AbortedTransactions
  readonly producers: Producers
  readonly config: LogConfig
  readonly place: RecordsPlace
  readonly nowMs: number
  /** Up to here it has been cleaned before. */
  readonly cleanedOffset: number
  readonly lastStableOffset: number
  /** Keys that one pass remembers. Default one million; there may be more in the log. */
  readonly keysMax?: number
}

/** Bytes between two steps. */
const stepBytes = 1024 * 1024
const keysMaxDefault = 1_000_000
const relativeOffsetMax = 0x7fff_ffff

/** Returns up to where the log is clean now; it is as it was when too little of it is dirty. */
export function* compactionSteps(options: CompactionOptions): Generator<void, number> {
  const cleanable = cleanableSegments(options)
  const dirty = cleanable.filter(({ endOffset }) => endOffset > options.cleanedOffset)
  if (!isWorthwhile(cleanable, dirty, options)) return options.cleanedOffset
  const latest = new LatestOffsets(options.keysMax ?? keysMaxDefault)
  yield* collectLatest(latest, dirty, options)
  const read = cleanable.filter(({ baseOffset }) => baseOffset <= latest.lastOffset)
  const cleaner = new SegmentCleaner(latest, read.at(-1)!.endOffset, options)
  for (const group of groupsOf(read, options.config.segmentBytes)) yield* cleaner.clean(group)
  return latest.lastOffset + 1
}

/** Neither the one that is written to, nor any with records of open transactions, nor any that is too young. */
function cleanableSegments({ segments, config, nowMs, lastStableOffset }: CompactionOptions): readonly Segment[] {
  const full = segments.all.slice(0, -1)
  const end = full.findIndex(
    (segment) =>
      segment.endOffset > lastStableOffset ||
      (config.minCompactionLagMs > 0 && segment.largestTimestamp > nowMs - config.minCompactionLagMs),
  )
  return end < 0 ? full : full.slice(0, end)
}

function isWorthwhile(cleanable: readonly Segment[], dirty: readonly Segment[], options: CompactionOptions): boolean {
  const { config, nowMs } = options
  const [all, dirtyBytes] = [cleanable, dirty].map((some) => some.reduce((sum, one) => sum + one.sizeInBytes, 0))
  if (dirtyBytes === 0) return false
  const isOverdue = dirty.some((segment) => nowMs - Math.max(0, segment.firstTimestamp) > config.maxCompactionLagMs)
  return isOverdue || dirtyBytes! / all! > config.minCleanableDirtyRatio
}

function* collectLatest(
  latest: LatestOffsets,
  dirty: readonly Segment[],
  { cleanedOffset, aborted, place }: CompactionOptions,
): Generator<void> {
  const cursor = new RecordCursor(place)
  const last = dirty.at(-1)!
  const transactions = new CleanedTransactions(aborted.overlapping(cleanedOffset, last.endOffset), cursor)
  for (const segment of dirty)
    for (const header of pacedBatches(segment, place)) {
      if (header === undefined) {
        yield
        continue
      }
      if (!transactions.canDiscard(header) && !header.isControl && header.lastOffset >= cleanedOffset)
        latest.add(header, cursor)
      latest.lastOffset = header.lastOffset
      if (latest.isFull) return
    }
}

/** The batches of a segment, and undefined after each megabyte. */
function* pacedBatches(segment: Segment, place: RecordsPlace): Generator<BatchHeader | undefined> {
  let paused = 0
  for (const { header, position } of segment.batchesFrom(0, place)) {
    if (position - paused > stepBytes) {
      paused = position
      yield undefined
    }
    yield header
  }
}

/** Neighbours that fit into one segment together. */
function groupsOf(segments: readonly Segment[], segmentBytes: number): Segment[][] {
  const groups: Segment[][] = []
  let bytes = 0
  for (const segment of segments) {
    const group = groups.at(-1)
    const fits =
      bytes + segment.sizeInBytes <= segmentBytes &&
      group !== undefined &&
      segment.endOffset - group[0]!.baseOffset <= relativeOffsetMax
    if (fits) group.push(segment)
    else groups.push([segment])
    bytes = fits ? bytes + segment.sizeInBytes : segment.sizeInBytes
  }
  return groups
}

class SegmentCleaner {
  readonly #options: CompactionOptions
  readonly #context: CleanContext

  constructor(latest: LatestOffsets, end: number, options: CompactionOptions) {
    this.#options = options
    const { aborted, place, nowMs, config, producers } = options
    const cursor = new RecordCursor(place)
    this.#context = {
      latest,
      transactions: new CleanedTransactions(aborted.overlapping(0, end), cursor),
      cursor,
      nowMs,
      deleteRetentionMs: config.deleteRetentionMs,
      isLastOfProducer: (batch) => isLastOfProducer(batch, producers),
    }
  }

  *clean(group: readonly Segment[]): Generator<void> {
    const { segments, aborted, place } = this.#options
    const { transactions } = this.#context
    const keptBefore = transactions.kept.length
    const cleaned = segments.startCleaned(group)
    for (const segment of group)
      for (const header of pacedBatches(segment, place)) {
        if (header === undefined) {
          yield
          continue
        }
        const bytes = cleanBatch(header, this.#context)
        if (bytes !== undefined) cleaned.append([bytes], [{ span: new BatchHeader(bytes, 0), bytes: bytes.length }])
      }
    const end = group.at(-1)!.endOffset
    aborted.replaceEndingIn(group[0]!.baseOffset, end, transactions.kept.slice(keptBefore))
    segments.replace(group, cleaned, aborted)
  }
}

function isLastOfProducer(batch: BatchHeader, producers: Producers): boolean {
  if (batch.producerId < 0) return false
  const state = producers.states.get(Number(batch.producerId))
  if (state === undefined) return false
  const lastOffset = lastOffsetOf(state)
  return lastOffset >= 0 ? batch.lastOffset === lastOffset : batch.isControl && batch.producerEpoch === state.epoch
}

/** All steps, with a pause between any two; undefined when it was given up. */
export async function runPaced<T>(
  steps: Iterator<void, T>,
  pause: () => Promise<void>,
  goesOn: () => boolean,
): Promise<T | undefined> {
  let step = steps.next()
  while (step.done !== true) {
    await pause()
    if (!goesOn()) return undefined
    step = steps.next()
  }
  return step.value
}
