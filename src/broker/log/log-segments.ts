import type { RecordsPlace } from '../../protocol/records/corrupt-records.ts'
import type { AbortedTransactions } from './aborted-transactions.ts'
import type { Producers } from './producers.ts'
import { cleanedEnding, segmentEndings, segmentPath } from './segment-path.ts'
import { writeIndex, writeProducers, type LogFolder } from './segment-files.ts'
import { Segment, type SegmentRead } from './segment.ts'

const nothing = Buffer.alloc(0)

/** The segments of a log in the order of their offsets; there is always one, and the last one is written to. */
export class LogSegments {
  readonly #files: LogFolder
  #all: Segment[]

  constructor(files: LogFolder, segments: readonly Segment[]) {
    this.#files = files
    this.#all = [...segments]
  }

  get all(): readonly Segment[] {
    return this.#all
  }

  get active(): Segment {
    return this.#all.at(-1)!
  }

  get sizeInBytes(): number {
    return this.#all.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0)
  }

  /** -1: no record has one. */
  get largestTimestamp(): number {
    return this.#all.reduce((max, { maxTimestamp }) => Math.max(max, maxTimestamp), -1)
  }

  /**
   * A new one to write to. What is needed to open the log without reading the one before stands beside it first, so that a crash
   * in between is met by a log whose last segment is scanned.
   */
  roll(nowMs: number, state: { readonly producers: Producers; readonly aborted: AbortedTransactions }): void {
    const { active } = this
    const baseOffset = active.endOffset
    active.file.sync()
    writeIndex(this.#files, active, state.aborted.endingIn(active.baseOffset, baseOffset))
    writeProducers(this.#files, baseOffset, state.producers.states)
    const { storage, folder } = this.#files
    this.#all.push(new Segment(baseOffset, storage.open(segmentPath(folder, baseOffset, '.log')), nowMs))
  }

  /** The last one that begins at or before an offset, by its place in `all`. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#all.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#all[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  /** As of one segment; compaction may have left nothing in the rest of one, and then it is the next that has it. */
  read(wanted: SegmentRead): Buffer {
    for (let i = this.indexOf(wanted.offset); i < this.#all.length; i++) {
      const records = this.#all[i]!.read(wanted)
      if (records !== undefined) return records
    }
    return nothing
  }

  /** Nobody will read what is before an offset: memory lets go of it before whole segments can go. */
  forgetBefore(offset: number): void {
    const segment = this.#all[this.indexOf(offset)]!
    if (offset > segment.baseOffset) segment.file.forget(segment.index.positionOfOffset(offset - segment.baseOffset))
  }

  /** Deletes the oldest ones with their files. */
  removeFirst(count: number): void {
    for (const segment of this.#all.splice(0, count)) this.#removeFiles(segment)
  }

  /** Cuts off the batch that holds the offset, and all behind it: the last ones first, so that a crash leaves a log that is whole. */
  truncate(offset: number, place: RecordsPlace): void {
    while (this.#all.length > 1 && this.active.baseOffset >= offset) this.#removeFiles(this.#all.pop()!)
    const { storage, folder } = this.#files
    storage.remove(segmentPath(folder, this.active.baseOffset, '.idx'))
    for (const { header, position } of this.active.batchesFrom(0, place))
      if (header.lastOffset >= offset) return this.active.file.truncate(position)
  }

  #removeFiles(segment: Segment): void {
    segment.file.close()
    const { storage, folder } = this.#files
    for (const ending of segmentEndings) storage.remove(segmentPath(folder, segment.baseOffset, ending))
  }

  /** A segment that will take the place of these, and is written under another name until then. */
  startCleaned(group: readonly Segment[]): Segment {
    const { storage, folder } = this.#files
    const { baseOffset } = group[0]!
    const path = segmentPath(folder, baseOffset, cleanedEnding)
    storage.remove(path)
    return new Segment(baseOffset, storage.open(path), group.at(-1)!.createdMs)
  }

  /**
   * The first file is replaced before the others go, which a crash may leave: what is in them has been overwritten by now, and
   * older segments go before newer ones, so that nothing comes back that a tombstone had deleted.
   */
  replace(group: readonly Segment[], cleaned: Segment, aborted: AbortedTransactions): void {
    const { storage, folder } = this.#files
    const { baseOffset } = cleaned
    cleaned.file.sync()
    cleaned.file.close()
    group[0]!.file.close()
    storage.remove(segmentPath(folder, baseOffset, '.idx'))
    storage.rename(segmentPath(folder, baseOffset, cleanedEnding), segmentPath(folder, baseOffset, '.log'))
    cleaned.file = storage.open(segmentPath(folder, baseOffset, '.log'))
    const index = this.#all.indexOf(group[0]!)
    const end = group.at(-1)!.endOffset
    this.#all.splice(index, group.length, cleaned)
    for (const segment of group.slice(1)) this.#removeFiles(segment)
    writeIndex(this.#files, cleaned, aborted.endingIn(baseOffset, end))
  }

  close(): void {
    for (const { file } of this.#all) file.close()
  }
}
