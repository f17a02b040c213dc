import type { BatchHeader } from './batch-header.ts'
import { readMarker } from './control-batch.ts'
import type { RecordCursor } from './record-cursor.ts'

/** As a fetch response lists it: the broker gives every one that overlaps what it sent. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/**
 * Says of each batch, in offset order, whether a reader of committed records must not see it. A producer's batches are
 * aborted from the first offset of its aborted transaction up to its abort marker; transactions of several producers
 * interleave, and a fetch may begin inside any of them.
 */
export class AbortedFilter {
  readonly #upcoming: AbortedTransaction[]
  #next = 0
  /** Producers whose aborted transaction has begun and whose marker has not been met. */
  readonly #open = new Set<bigint>()
  readonly #cursor: RecordCursor

  /** `cursor` reads the markers. */
  constructor(transactions: readonly AbortedTransaction[], cursor: RecordCursor) {
    this.#upcoming = transactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
    this.#cursor = cursor
  }

  /** Control batches are always dropped. */
  drops(batch: BatchHeader): boolean {
    // All that begin up to here, not one a batch: several may have begun before a fetch's first batch.
    while (this.#next < this.#upcoming.length && this.#upcoming[this.#next]!.firstOffset <= batch.lastOffset)
      this.#open.add(this.#upcoming[this.#next++]!.producerId)
    if (!batch.isControl) return batch.isTransactional && this.#open.has(batch.producerId)
    if (readMarker(batch, this.#cursor)?.type === 'abort') this.#open.delete(batch.producerId)
    return true
  }
}
