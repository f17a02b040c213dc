import { writeCheckpoint, type Checkpoint } from './checkpoint.ts'
import type { LogFolder } from './segment-files.ts'

export interface EpochEnd {
  readonly epoch: number
  readonly endOffset: number
}

/** The checkpoint of a log that is open; what is noted is written at once. */
export class LogCheckpoint {
  readonly #files: LogFolder
  #current: Checkpoint

  constructor(files: LogFolder, current: Checkpoint) {
    this.#files = files
    this.#current = current
  }

  get logStartOffset(): number {
    return this.#current.logStartOffset
  }

  get cleanedOffset(): number {
    return this.#current.cleanedOffset
  }

  get leaderEpoch(): number {
    return this.#current.epochs.at(-1)!.epoch
  }

  note(changes: Partial<Checkpoint>): void {
    this.#current = { ...this.#current, ...changes }
    writeCheckpoint(this.#files, this.#current)
  }

  /** The next epoch begins at the end of the log; one that has written nothing leaves no trace. */
  bumpEpoch(endOffset: number): void {
    const written = this.#current.epochs.filter(({ startOffset }) => startOffset < endOffset)
    this.note({ epochs: [...written, { epoch: this.leaderEpoch + 1, startOffset: endOffset }] })
  }

  /** Of the epoch, or of the largest one before it that wrote something. */
  endOffsetForEpoch(epoch: number, logEndOffset: number): EpochEnd | undefined {
    if (epoch < 0 || epoch > this.leaderEpoch) return undefined
    const { epochs } = this.#current
    const after = epochs.findIndex((one) => one.epoch > epoch)
    if (after < 0) return { epoch: this.leaderEpoch, endOffset: logEndOffset }
    if (after === 0) return { epoch, endOffset: epochs[0]!.startOffset }
    return { epoch: epochs[after - 1]!.epoch, endOffset: epochs[after]!.startOffset }
  }
}
