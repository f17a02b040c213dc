import type { AdminPort, FetchedBatch, KafkaPort, ProducerPort } from '../runtime/port.ts'
import { readLetter, type Letter } from '../runtime/letter.ts'
import { UsageError } from './usage-error.ts'

const clientId = 'millrace-dlq'
const fetchMaxBytes = 8 * 1024 * 1024

/** What a dead-letter topic holds that was not dealt with yet. */
export interface PendingLetters {
  readonly letters: readonly Letter[]
  /** Records that say of no topic that they came from there. */
  readonly unreadable: number
}

/**
 * A dead-letter topic, and beside it `<topic>-replayed`, which says what was dealt with: one record for each letter, compacted. A
 * cursor would not do: a replay may take some letters and leave older ones.
 */
export class LetterTopic {
  readonly #topic: string
  readonly #port: KafkaPort
  readonly #admin: AdminPort

  constructor(topic: string, port: KafkaPort, admin: AdminPort) {
    this.#topic = topic
    this.#port = port
    this.#admin = admin
  }

  get #marksTopic(): string {
    return `${this.#topic}-replayed`
  }

  /** @throws UsageError when there is no such topic */
  async pending(): Promise<PendingLetters> {
    const counts = await this.#admin.partitionCounts([this.#topic, this.#marksTopic])
    if (!counts.has(this.#topic)) throw new UsageError(`there is no topic ${this.#topic}`)
    const done = counts.has(this.#marksTopic) ? await this.#marks() : new Set<string>()
    const letters: Letter[] = []
    let unreadable = 0
    await this.#read(this.#topic, (batch, index) => {
      const letter = readLetter(batch, index)
      if (letter === undefined) unreadable += 1
      else if (!done.has(nameOf(letter))) letters.push(letter)
    })
    return { letters, unreadable }
  }

  async #marks(): Promise<ReadonlySet<string>> {
    const marks = new Set<string>()
    await this.#read(this.#marksTopic, (batch, index) => {
      const key = batch.keyAt(index)
      if (key === null) return
      const name = Buffer.from(key).toString()
      if (batch.valueAt(index) === null) marks.delete(name)
      else marks.add(name)
    })
    return marks
  }

  /** Before the first `mark`: without the topic nothing may be sent, for it would be sent twice. */
  async prepareMarks(): Promise<void> {
    if ((await this.#admin.partitionCounts([this.#marksTopic])).has(this.#marksTopic)) return
    const configs = { 'cleanup.policy': 'compact' }
    await this.#admin.createTopics([{ topic: this.#marksTopic, partitionCount: 1, replicationFactor: -1, configs }])
  }

  mark(producer: ProducerPort, letter: Letter, how: string, onFailed: (error: Error) => void): void {
    const key = Buffer.from(nameOf(letter))
    const record = { topic: this.#marksTopic, partition: 0, key, value: Buffer.from(how), timestamp: 0, headers: [] }
    producer.send(record, (_, error) => onFailed(error))
  }

  async #read(topic: string, take: (batch: FetchedBatch, index: number) => void): Promise<void> {
    const ends = await this.#admin.offsets(topic)
    const ranges = ends.flatMap(({ partition, low, high }) =>
      low < high ? [{ topic, partition, from: low, end: high }] : [],
    )
    if (ranges.length === 0) return
    const restorer = this.#port.restorer({ clientId, fetchMaxBytes })
    try {
      const onBatch = (batch: FetchedBatch): void => {
        for (let index = 0; index < batch.count; index++) take(batch, index)
      }
      await restorer.read(ranges, onBatch, new AbortController().signal)
    } finally {
      await restorer.close()
    }
  }
}

/** With what the letter says, and not its place alone: a topic that was made anew has other letters in the same places. */
function nameOf({ place, topic, partition, offset }: Letter): string {
  return JSON.stringify([place.partition, place.offset, topic, partition, offset])
}
