import { randomUUID } from 'node:crypto'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Serde } from 'millrace'

export interface ReadTopicOptions<T> {
  readonly topic: string
  readonly serde: Serde<T>
  /** Where to start, per partition; a partition that is not in it is read from its first record. */
  readonly from?: ReadonlyMap<number, number>
  readonly onRecord: (value: T, partition: number) => void
}

export interface TopicReading {
  /** Resolves when every record before these offsets was handed over; rejects when reading failed. */
  reached(ends: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * Hands over the records of a topic until it is closed, each once, and commits nothing: the next reading starts over.
 *
 * Our topics are LZ4, which KafkaJS does not bring: reading one that the app writes works after the app has started in
 * this process, because Millrace gives KafkaJS its codec then.
 */
export async function readTopic<T>(kafka: Kafka, options: ReadTopicOptions<T>): Promise<TopicReading> {
  const { topic, from = new Map<number, number>() } = options
  // A group of its own, each time: members that a killed process left would hold partitions until they time out.
  const consumer = kafka.consumer({ groupId: `${topic}-reader-${randomUUID()}`, allowAutoTopicCreation: false })
  const reading = new Reading(consumer, new Map(from))
  await consumer.connect()
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({ autoCommit: false, eachBatch: ({ batch }) => reading.take(batch, options) })
  for (const [partition, offset] of from) consumer.seek({ topic, partition, offset: String(offset) })
  return reading
}

class Reading implements TopicReading {
  readonly #consumer: Consumer
  /** Per partition, behind the last record that was handed over. */
  readonly #positions: Map<number, number>
  #failure: Error | undefined
  #moved = (): void => undefined

  constructor(consumer: Consumer, positions: Map<number, number>) {
    this.#consumer = consumer
    this.#positions = positions
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#failure = payload.error
      this.#moved()
    })
  }

  async take<T>(batch: EachBatchPayload['batch'], { serde, onRecord }: ReadTopicOptions<T>): Promise<void> {
    for (const { offset, value } of batch.messages) {
      const position = this.#positions.get(batch.partition) ?? 0
      if (value === null || Number(offset) < position) continue
      const schema = serde.prime?.(value)
      if (schema !== undefined) await schema
      onRecord(serde.deserialize(value), batch.partition)
      this.#positions.set(batch.partition, Number(offset) + 1)
    }
    this.#moved()
  }

  async reached(ends: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void> {
    const left = (): boolean => [...ends].some(([partition, end]) => (this.#positions.get(partition) ?? 0) < end)
    const wake = (): void => this.#moved()
    signal.addEventListener('abort', wake)
    try {
      while (left()) {
        const moved = new Promise<void>((resolve) => (this.#moved = resolve))
        signal.throwIfAborted()
        if (this.#failure !== undefined) throw this.#failure
        await moved
      }
    } finally {
      signal.removeEventListener('abort', wake)
    }
  }

  close(): Promise<void> {
    return this.#consumer.disconnect()
  }
}
