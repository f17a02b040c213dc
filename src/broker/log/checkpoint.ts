import { decodeChecked, encodeChecked } from './checked-file.ts'
import type { LogFolder } from './segment-files.ts'

/** Since when a leader epoch holds. */
export interface EpochStart {
  readonly epoch: number
  readonly startOffset: number
}

/** What of a log does not follow from its batches. */
export interface Checkpoint {
  /** DeleteRecords moves it into the middle of a segment. */
  readonly logStartOffset: number
  /** Compaction has been up to here. */
  readonly cleanedOffset: number
  readonly epochs: readonly EpochStart[]
}

const version = 1
const beginning: Checkpoint = { logStartOffset: 0, cleanedOffset: 0, epochs: [{ epoch: 0, startOffset: 0 }] }

const pathIn = (folder: string): string => `${folder}/checkpoint`

export function readCheckpoint({ storage, folder }: LogFolder): Checkpoint {
  const read = decodeChecked(storage.read(pathIn(folder)), version, (reader) => ({
    logStartOffset: reader.int64(),
    cleanedOffset: reader.int64(),
    epochs: reader.array((item) => ({ epoch: item.int32(), startOffset: item.int64() })),
  }))
  return read ?? beginning
}

export function writeCheckpoint({ storage, folder }: LogFolder, checkpoint: Checkpoint): void {
  const content = encodeChecked(version, (writer) => {
    writer.int64(checkpoint.logStartOffset)
    writer.int64(checkpoint.cleanedOffset)
    writer.int32(checkpoint.epochs.length)
    for (const { epoch, startOffset } of checkpoint.epochs) {
      writer.int32(epoch)
      writer.int64(startOffset)
    }
  })
  storage.replace(pathIn(folder), content)
}
