import type { BatchHeader } from '../../protocol/records/batch-header.ts'
import { readMarker } from '../../protocol/records/control-batch.ts'
import type { RecordCursor } from '../../protocol/records/record-cursor.ts'
import type { AbortedTransaction } from './aborted-transactions.ts'

interface Ongoing {
  readonly transaction: AbortedTransaction
  /** A batch of it is still in the log. */
  seen: boolean
}

/** Which batches and markers a compaction need not keep, asked in the order of the log (CleanedTransactionMetadata of Kafka). */
export class CleanedTransactions {
  readonly #upcoming: readonly AbortedTransaction[]
  #next = 0
  readonly #aborted = new Map<number, Ongoing>()
  readonly #committed = new Set<number>()
  readonly #cursor: RecordCursor
  /** Whose records are still there, so that readers must still be told. */
  readonly kept: AbortedTransaction[] = []

  constructor(transactions: readonly AbortedTransaction[], cursor: RecordCursor) {
    this.#upcoming = transactions.toSorted((a, b) => a.firstOffset - b.firstOffset)
    this.#cursor = cursor
  }

  /** Records of an aborted transaction; or the marker of a transaction of which nothing is left. */
  canDiscard(batch: BatchHeader): boolean {
    while (this.#next < this.#upcoming.length && this.#upcoming[this.#next]!.firstOffset <= batch.lastOffset) {
      const transaction = this.#upcoming[this.#next++]!
      if (!this.#aborted.has(transaction.producerId))
        this.#aborted.set(transaction.producerId, { transaction, seen: false })
    }
    return batch.isControl ? this.#canDiscardMarker(batch) : this.#canDiscardRecords(batch)
  }

  #canDiscardRecords(batch: BatchHeader): boolean {
    if (!batch.isTransactional) return false
    const producerId = Number(batch.producerId)
    const aborted = this.#aborted.get(producerId)
    if (aborted === undefined) this.#committed.add(producerId)
    else aborted.seen = true
    return aborted !== undefined
  }

  #canDiscardMarker(batch: BatchHeader): boolean {
    const marker = readMarker(batch, this.#cursor)
    // Emptied before, to remember its producer's epoch; or of a kind that is not known.
    if (marker === undefined) return batch.count === 0
    const producerId = Number(batch.producerId)
    if (marker.type === 'commit') return !this.#committed.delete(producerId)
    const aborted = this.#aborted.get(producerId)
    this.#aborted.delete(producerId)
    if (aborted?.seen !== true) return true
    this.kept.push(aborted.transaction)
    return false
  }
}
