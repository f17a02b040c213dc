import type { EpochStart } from '../protocol/records/fetched-records.ts'
import type { OffsetOf } from './list-offsets.ts'

/** Where to read, and of which leader epoch the batch before it was; left out or -1: not known. */
export interface Position extends OffsetOf {
  readonly leaderEpoch?: number
}

/** With a leader epoch that is -1 when it is not known. */
export type CommittedPosition = Required<Position>

/** Where an epoch of a log ends, as its leader has it. */
export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/** Leaders do not change so often that more of them are in what is not committed yet. */
const startsMax = 100

/**
 * Under which leader epochs the batches of a partition were written that were read: what a leader must be told for it to say whether
 * its log still has them (KIP-320). A follower keeps the same (LeaderEpochFileCache), Kafka's consumer the last one only.
 */
export class LeaderEpochs {
  /** In the order of the log. */
  #starts: EpochStart[] = []
  /** The offset behind what was read. */
  #end: number

  constructor({ offset, leaderEpoch = -1 }: Pick<Position, 'offset' | 'leaderEpoch'>) {
    this.#end = offset
    // Of a committed position all that is known is the batch before it.
    if (leaderEpoch >= 0 && offset > 0) this.#starts.push({ epoch: leaderEpoch, startOffset: offset - 1 })
  }

  /** What was read next, up to `end`. */
  add(starts: readonly EpochStart[], end: number): void {
    for (const start of starts) if (start.epoch !== this.#starts.at(-1)?.epoch) this.#starts.push(start)
    if (this.#starts.length > startsMax) this.#starts = this.#starts.slice(-startsMax)
    this.#end = end
  }

  /** Of the last batch before the offset; -1: not known. */
  before(offset: number): number {
    if (offset > this.#end) return -1
    return this.#starts.findLast(({ startOffset }) => startOffset < offset)?.epoch ?? -1
  }

  /** The offset from which on the leader's log is another one than what was read; it may be still earlier, which the next answer says. */
  partingAt({ epoch, endOffset }: EpochEnd): number {
    const later = this.#starts.find((start) => start.epoch > epoch)?.startOffset ?? this.#end
    return Math.min(later, endOffset, this.#end)
  }

  /** What is read next is there; what was read behind it does not count any more, and is not known of what lies further on. */
  cutAt(offset: number): void {
    this.#starts = offset > this.#end ? [] : this.#starts.filter(({ startOffset }) => startOffset < offset)
    this.#end = offset
  }

  /** Goes on where the logs part. What is not known of that from reading the leader has just said, as Kafka's consumer takes it. */
  follow(diverging: EpochEnd): void {
    const { epoch, endOffset } = diverging
    const parting = this.partingAt(diverging)
    this.cutAt(parting)
    if (this.before(parting) < 0 && parting === endOffset && parting > 0)
      this.#starts.push({ epoch, startOffset: parting - 1 })
  }

  /** Reading begins anew. */
  clear(offset: number): void {
    this.#starts = []
    this.#end = offset
  }
}
