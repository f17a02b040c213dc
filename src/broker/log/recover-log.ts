/*
 * Opens the files of a log, whatever a crash has left of them:
 *
 * 1. what a compaction had not finished is thrown away, and what it had replaced already goes too;
 * 2. segments that have an index that fits are taken as they are; others are scanned, batch by batch with their checksums;
 * 3. the last segment is always scanned. Where a batch is torn or damaged the log ends: what follows is dropped and reported;
 * 4. producers are those that were noted when the last segment began, and what it says since.
 */
import type { BatchHeader } from '../../protocol/records/batch-header.ts'
import { readMarker } from '../../protocol/records/control-batch.ts'
import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import { RecordCursor } from '../../protocol/records/record-cursor.ts'
import { AbortedTransactions } from './aborted-transactions.ts'
import { readCheckpoint, type Checkpoint } from './checkpoint.ts'
import { afterBatch, Producers } from './producers.ts'
import { readIndexed, readProducers, writeIndex, type LogFolder } from './segment-files.ts'
import { cleanedEnding, segmentEndings, segmentPath } from './segment-path.ts'
import { Segment } from './segment.ts'

export interface RecoverOptions extends LogFolder {
  readonly place: RecordsPlace
  readonly nowMs: number
}

export interface RecoveredLog {
  readonly segments: readonly Segment[]
  readonly producers: Producers
  readonly aborted: AbortedTransactions
  readonly checkpoint: Checkpoint
}

export function recoverLog(options: RecoverOptions): RecoveredLog {
  const checkpoint = readCheckpoint(options)
  const loaded = loadSegments(options)
  const end = loaded.segments.at(-1)?.endOffset ?? 0
  // A crash of the machine may have kept the checkpoint and lost the segments: offsets must not be given twice.
  if (end < checkpoint.logStartOffset) return startAgain(options, loaded.segments, checkpoint)
  const segments = loaded.segments.length > 0 ? loaded.segments : [newSegment(options, 0)]
  return { segments, checkpoint, ...replay(options, { ...loaded, segments }) }
}

function startAgain(options: RecoverOptions, segments: readonly Segment[], checkpoint: Checkpoint): RecoveredLog {
  for (const segment of segments) removeSegment(options, segment)
  const only = newSegment(options, checkpoint.logStartOffset)
  return { segments: [only], checkpoint, producers: new Producers(), aborted: new AbortedTransactions() }
}

function newSegment({ storage, folder, nowMs }: RecoverOptions, baseOffset: number): Segment {
  return new Segment(baseOffset, storage.open(segmentPath(folder, baseOffset, '.log')), nowMs)
}

function removeSegment({ storage, folder }: LogFolder, { baseOffset, file }: Segment): void {
  file.close()
  for (const ending of segmentEndings) storage.remove(segmentPath(folder, baseOffset, ending))
}

interface Loaded {
  readonly segments: Segment[]
  readonly aborted: AbortedTransactions
  /** Whether some segment had no index, and so no list of aborted transactions. */
  readonly incomplete: boolean
}

function loadSegments(options: RecoverOptions): Loaded {
  const bases = baseOffsets(options)
  const segments: Segment[] = []
  const aborted = new AbortedTransactions()
  let incomplete = false
  let damaged = false
  for (const [i, baseOffset] of bases.entries()) {
    const indexed = damaged || i === bases.length - 1 ? undefined : readIndexed(options, baseOffset)
    const segment = indexed?.segment ?? newSegment(options, baseOffset)
    if (damaged || baseOffset < (segments.at(-1)?.endOffset ?? 0)) {
      dropSegment(options, segment, damaged ? 'it follows damaged bytes' : 'it was compacted into the one before')
      continue
    }
    segments.push(segment)
    for (const transaction of indexed?.aborted ?? []) aborted.add(transaction)
    if (indexed !== undefined) continue
    damaged = scan(options, segment)
    incomplete ||= i < bases.length - 1
  }
  return { segments, aborted, incomplete }
}

function baseOffsets({ storage, folder }: LogFolder): number[] {
  const names = storage.list(folder)
  for (const name of names.filter((one) => one.endsWith(cleanedEnding))) storage.remove(`${folder}/${name}`)
  return names.filter((name) => name.endsWith('.log')).map((name) => Number(name.slice(0, -'.log'.length)))
}

function dropSegment(options: RecoverOptions, segment: Segment, reason: string): void {
  const path = segmentPath(options.folder, segment.baseOffset, '.log')
  options.storage.report({ path, keptBytes: 0, droppedBytes: segment.sizeInBytes, reason })
  removeSegment(options, segment)
}

/** Whether the segment was cut off. */
function scan({ storage, folder, place }: RecoverOptions, segment: Segment): boolean {
  let end = segment.file.start
  let reason = 'the last batch is torn'
  try {
    for (const { header, position } of segment.batchesFrom(0, place)) {
      if (!header.checksumFits || header.baseOffset < segment.endOffset) {
        reason = 'a batch is damaged'
        break
      }
      segment.noteBatch(header, position)
      end = position + header.sizeInBytes
    }
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error)
  }
  const droppedBytes = segment.sizeInBytes - end
  if (droppedBytes === 0) return false
  segment.file.truncate(end)
  storage.report({ path: segmentPath(folder, segment.baseOffset, '.log'), keptBytes: end, droppedBytes, reason })
  return true
}

function replay(options: RecoverOptions, loaded: Loaded): Pick<RecoveredLog, 'producers' | 'aborted'> {
  const { segments } = loaded
  const tail = segments.at(-1)!
  const noted = readProducers(options, tail.baseOffset)
  const isFirst = segments.length === 1
  const replayer = new Replayer(options)
  if (loaded.incomplete || (noted === undefined && !isFirst)) {
    for (const segment of segments.slice(0, -1)) replayer.replay(segment)
    for (const segment of segments.slice(0, -1))
      writeIndex(options, segment, replayer.aborted.endingIn(segment.baseOffset, segment.endOffset))
  } else {
    replayer.aborted = loaded.aborted
  }
  if (noted !== undefined) replayer.producers = new Producers(noted)
  replayer.replay(tail)
  return replayer
}

/** Makes out of the batches of a log what is known of its producers. */
class Replayer {
  producers: Producers = new Producers()
  aborted: AbortedTransactions = new AbortedTransactions()
  readonly #options: Pick<RecoverOptions, 'place' | 'nowMs'>
  readonly #cursor: RecordCursor

  constructor(options: Pick<RecoverOptions, 'place' | 'nowMs'>) {
    this.#options = options
    this.#cursor = new RecordCursor(options.place)
  }

  replay(segment: Segment): void {
    for (const { header } of segment.batchesFrom(0, this.#options.place)) {
      const producerId = Number(header.producerId)
      if (header.isControl) this.#endTransaction(producerId, header)
      else if (producerId >= 0) {
        const after = { baseOffset: header.baseOffset, nowMs: this.#options.nowMs }
        this.producers.set(producerId, afterBatch(this.producers.get(producerId), header, after))
      }
    }
  }

  #endTransaction(producerId: number, header: BatchHeader): void {
    const marker = readMarker(header, this.#cursor)
    if (marker === undefined) return
    const end = { producerId, epoch: header.producerEpoch, coordinatorEpoch: marker.coordinatorEpoch }
    const firstOffset = this.producers.endTransaction(end, this.#options.nowMs)
    if (marker.type === 'commit' || firstOffset < 0) return
    const lastOffset = header.baseOffset
    const lastStableOffset = this.producers.firstOpenOffset ?? lastOffset + 1
    this.aborted.add({ producerId, firstOffset, lastOffset, lastStableOffset })
  }
}
