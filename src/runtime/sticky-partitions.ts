/**
 * For records without a key: stays on a partition until a batch's worth of bytes went there, then takes the next, so that
 * batches fill (KIP-480, KIP-794). In turn rather than by chance: a run can be repeated.
 */
export class StickyPartitions {
  readonly #batchBytes: number
  readonly #current = new Map<string, { partition: number; bytes: number }>()

  constructor(batchBytes: number) {
    this.#batchBytes = batchBytes
  }

  next(topic: string, partitionCount: number, bytes: number): number {
    const current = this.#current.get(topic)
    if (current === undefined) {
      this.#current.set(topic, { partition: 0, bytes })
      return 0
    }
    if (current.bytes >= this.#batchBytes) {
      current.partition = (current.partition + 1) % partitionCount
      current.bytes = 0
    }
    current.bytes += bytes
    return current.partition
  }
}
