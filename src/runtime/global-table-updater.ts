import { sleep, type Clock } from '../core/clock.ts'
import { StateError } from '../core/errors.ts'
import type { GlobalTable } from './global-table.ts'
import type { AdminPort, FetchedBatch, KafkaPort, RestorePort } from './port.ts'

export interface GlobalTableUpdaterOptions {
  readonly tables: readonly GlobalTable[]
  readonly port: KafkaPort
  readonly admin: AdminPort
  readonly clock: Clock
  readonly clientId: string
  readonly fetchMaxBytes: number
}

/** How long to wait before asking for new records when there were none. */
const idleWaitMs = 100
/** At most this many offsets of a partition are asked for at a time: batches that wait for schemas are kept meanwhile. */
const offsetsPerReadMax = 10_000

/** Where the reading of one partition stands. */
interface Progress {
  readonly table: GlobalTable
  readonly topic: string
  readonly partition: number
  /** The next offset to read. */
  position: number
  /** The end of the partition when it was last asked for. */
  end: number
}

/**
 * Keeps the global tables of a process in step with their topics: every partition, outside the group, from the start (Kafka
 * Streams: GlobalStreamThread). `fill` before the app runs, then `run` until `signal` aborts. Updates and tasks are not
 * in step with each other: which version a record meets is not determined, there as here.
 */
export class GlobalTableUpdater {
  readonly #options: GlobalTableUpdaterOptions
  readonly #reader: RestorePort
  #partitions: readonly Progress[] = []

  constructor(options: GlobalTableUpdaterOptions) {
    this.#options = options
    this.#reader = options.port.restorer(options)
  }

  /** Reads everything up to the ends as they are now. @throws BrokerError, SerializationError */
  async fill(signal: AbortSignal): Promise<void> {
    const perTopic = await Promise.all(this.#options.tables.map((table) => this.#start(table)))
    this.#partitions = perTopic.flat()
    while (!signal.aborted && (await this.#readSome(signal)));
  }

  /** Ends when `signal` aborts. @throws BrokerError, SerializationError, StateError */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#readEnds()
      while (!signal.aborted && (await this.#readSome(signal)));
      await sleep(this.#options.clock, idleWaitMs, signal)
    }
  }

  close(): Promise<void> {
    return this.#reader.close()
  }

  async #start(table: GlobalTable): Promise<readonly Progress[]> {
    const { topic } = table
    const offsets = await this.#options.admin.offsets(topic)
    return offsets.map(({ partition, low, high }) => ({ table, topic, partition, position: low, end: high }))
  }

  async #readEnds(): Promise<void> {
    for (const { topic } of this.#options.tables) {
      for (const { partition, high } of await this.#options.admin.offsets(topic)) {
        const progress = this.#partitions.find((each) => each.topic === topic && each.partition === partition)
        if (progress === undefined) throw changed(topic, `it has a new partition ${partition}`)
        if (high < progress.position) throw changed(topic, `partition ${partition} ends before what was read of it`)
        progress.end = high
      }
    }
  }

  /** False when there is nothing left to read. */
  async #readSome(signal: AbortSignal): Promise<boolean> {
    const open = this.#partitions.filter(({ position, end }) => position < end)
    if (open.length === 0) return false
    const ranges = open.map(({ topic, partition, position, end }) => {
      return { topic, partition, from: position, end: Math.min(end, position + offsetsPerReadMax) }
    })
    const arrived: FetchedBatch[] = []
    const aborted = await this.#read(ranges, (batch) => arrived.push(batch), signal)
    if (aborted) return false
    for (const batch of arrived) await this.#apply(batch, open)
    for (const [index, { end }] of ranges.entries()) open[index]!.position = end
    return true
  }

  async #read(
    ranges: Parameters<RestorePort['read']>[0],
    onBatch: (batch: FetchedBatch) => void,
    signal: AbortSignal,
  ): Promise<boolean> {
    try {
      await this.#reader.read(ranges, onBatch, signal)
    } catch (error) {
      if (!signal.aborted) throw error
    }
    return signal.aborted
  }

  async #apply(batch: FetchedBatch, open: readonly Progress[]): Promise<void> {
    const { table } = open.find(({ topic, partition }) => topic === batch.topic && partition === batch.partition)!
    const primed = table.prime(batch)
    if (primed !== undefined) await primed
    table.apply(batch)
  }
}

function changed(topic: string, what: string): StateError {
  return new StateError(
    `the topic ${topic} of a global table is not the one that was read: ${what}; start the app again`,
  )
}
