/** A transaction that was aborted, by what it left in a partition. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  /** Of its marker. */
  readonly lastOffset: number
  /** Right after it: whatever ended later began here or behind. */
  readonly lastStableOffset: number
}

/** In the order of their markers (Kafka's TransactionIndex). */
export class AbortedTransactions {
  #all: AbortedTransaction[]

  constructor(all: readonly AbortedTransaction[] = []) {
    this.#all = [...all]
  }

  get all(): readonly AbortedTransaction[] {
    return this.#all
  }

  add(transaction: AbortedTransaction): void {
    this.#all.push(transaction)
  }

  /** Those that a reader of [from, to) must know of. */
  overlapping(from: number, to: number): AbortedTransaction[] {
    if (to <= from) return []
    const found: AbortedTransaction[] = []
    for (let i = this.#firstEndingAt(from); i < this.#all.length; i++) {
      const transaction = this.#all[i]!
      if (transaction.firstOffset < to) found.push(transaction)
      if (transaction.lastStableOffset >= to) break
    }
    return found
  }

  /** Those whose marker stands in [from, to). */
  endingIn(from: number, to: number): AbortedTransaction[] {
    return this.#all.slice(this.#firstEndingAt(from), this.#firstEndingAt(to))
  }

  /** Puts others in the place of those whose marker stands in [from, to): what a compaction kept. */
  replaceEndingIn(from: number, to: number, kept: readonly AbortedTransaction[]): void {
    const before = this.#all.slice(0, this.#firstEndingAt(from))
    this.#all = [...before, ...kept, ...this.#all.slice(this.#firstEndingAt(to))]
  }

  #firstEndingAt(offset: number): number {
    let low = 0
    let high = this.#all.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#all[middle]!.lastOffset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
