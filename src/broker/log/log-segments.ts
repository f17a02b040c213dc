import { Segment } from './segment.ts'
import type { Storage } from './storage.ts'

/** The name of a segment's files, but for their endings (Kafka's). */
export function segmentName(baseOffset: number): string {
  return String(baseOffset).padStart(20, '0')
}

export function segmentPath(folder: string, baseOffset: number, ending: string): string {
  return `${folder}/${segmentName(baseOffset)}${ending}`
}

/** What a segment has beside its batches. */
export const segmentEndings = ['.log', '.idx', '.producers'] as const

/** The segments of a log in the order of their offsets; there is always one, and the last one is written to. */
export class LogSegments {
  readonly #storage: Storage
  readonly #folder: string
  #all: Segment[]

  constructor(storage: Storage, folder: string, segments: readonly Segment[]) {
    this.#storage = storage
    this.#folder = folder
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

  /** A new one to write to. */
  add(baseOffset: number, nowMs: number): void {
    const file = this.#storage.open(segmentPath(this.#folder, baseOffset, '.log'))
    this.#all.push(new Segment(baseOffset, file, nowMs))
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

  /** Deletes the oldest ones with their files. */
  removeFirst(count: number): void {
    for (const segment of this.#all.splice(0, count)) this.#removeFiles(segment)
  }

  /** Deletes the newest ones with their files. */
  removeAfter(index: number): void {
    for (const segment of this.#all.splice(index + 1)) this.#removeFiles(segment)
  }

  #removeFiles(segment: Segment): void {
    segment.file.close()
    for (const ending of segmentEndings) this.#storage.remove(segmentPath(this.#folder, segment.baseOffset, ending))
  }

  /** `count` segments from `index` on have become one, whose files are in place. */
  replace(index: number, count: number, by: Segment): void {
    this.#all.splice(index, count, by)
  }
}
