/** Lets at most `max` pieces of work run at a time, in the order in which they came; 1 makes it a mutex. */
export class ConcurrencyLimit {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(max: number) {
    this.#free = max
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      // the slot goes to the next in line without becoming free: nobody can slip in between
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
