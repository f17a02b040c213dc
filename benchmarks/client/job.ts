/* What each system is asked to do, in a process of its own. */

export interface Job {
  readonly bootstrap: string
  readonly topic: string
  readonly partitionCount: number
  readonly records: number
}

export interface System {
  /** Reads the key, value, offset and timestamp of every record of the topic and tells `meter`; ends when it is full. */
  consume(job: Job, meter: Meter): Promise<void>
  /** Writes all records and tells `meter` of them when all replicas have acknowledged them. */
  produce(job: Job, meter: Meter): Promise<void>
}

export interface Measured {
  readonly records: number
  readonly wallMs: number
  readonly cpuMs: number
  /** Of keys, values and offsets: the same for whoever read the same. */
  readonly checksum: number
}

/** The time and the processor time of this process from when it is made, which is before anything connects, to the last record. */
export class Meter {
  readonly #expected: number
  readonly #beganAt = performance.now()
  readonly #cpu = process.cpuUsage()
  #count = 0
  #checksum = 0
  result: Measured | undefined

  constructor({ records }: Job) {
    this.#expected = records
  }

  get isFull(): boolean {
    return this.result !== undefined
  }

  /** So many more are done; `checksum` is of what was read of them, so that reading cannot be left out. */
  add(count: number, checksum = 0): void {
    this.#count += count
    this.#checksum += checksum
    if (this.#count < this.#expected || this.isFull) return
    const wallMs = performance.now() - this.#beganAt
    const { user, system } = process.cpuUsage(this.#cpu)
    this.result = { records: this.#count, wallMs, cpuMs: (user + system) / 1000, checksum: this.#checksum }
  }
}
