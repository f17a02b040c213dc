import type { BatchHeader } from '../../protocol/records/batch-header.ts'
import { RecordCursor } from '../../protocol/records/record-cursor.ts'

/** Where each key was last written, up to an offset; of at most so many keys. */
export class LatestOffsets {
  readonly #offsets = new Map<string, number>()
  readonly #keysMax: number
  /** Of records behind this one nothing is known. */
  lastOffset = -1

  constructor(keysMax: number) {
    this.#keysMax = keysMax
  }

  get isFull(): boolean {
    return this.#offsets.size >= this.#keysMax
  }

  add(batch: BatchHeader, cursor: RecordCursor): void {
    cursor.open(batch)
    while (cursor.next()) if (cursor.keyLength >= 0) this.#offsets.set(keyOf(cursor), cursor.offset)
  }

  /** Whether the record under the cursor is the last one with its key, as far as is known. */
  isLatest(cursor: RecordCursor): boolean {
    if (cursor.offset > this.lastOffset) return true
    if (cursor.keyLength < 0) return false
    return cursor.offset >= (this.#offsets.get(keyOf(cursor)) ?? -1)
  }
}

function keyOf({ body, keyAt, keyLength }: RecordCursor): string {
  return body.toString('latin1', keyAt, keyAt + keyLength)
}
