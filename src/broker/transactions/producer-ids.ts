const blockSize = 1_000

/** Ids of producers, each given once. They are kept in blocks: a restart leaves a gap, as in Kafka. */
export class ProducerIds {
  readonly #reserve: (end: number) => void
  #next = 0
  #end = 0

  /** `reserve` keeps the first id that is not to be given before it is called again. */
  constructor(reserve: (end: number) => void) {
    this.#reserve = reserve
  }

  get reservedEnd(): number {
    return this.#end
  }

  /** After a restart: those below may have been given. */
  skipTo(end: number): void {
    this.#next = end
    this.#end = end
  }

  /** @throws StateError when it could not be kept */
  next(): number {
    if (this.#next === this.#end) {
      const end = this.#end + blockSize
      this.#reserve(end)
      this.#end = end
    }
    return this.#next++
  }
}
