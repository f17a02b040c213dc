import { randomUUID } from 'node:crypto'
import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Serde } from 'millrace'

export interface ReadTopicOptions<T> {
  readonly topic: string
  readonly serde: Serde<T>
  readonly onRecord: (value: T, partition: number, offset: number) => void
}

export interface TopicReading {
  /** Resolves when every record before these offsets was handed over; rejects when reading failed. */
  reached(ends: ReadonlyMap<number, number>, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** A group on a fresh broker has to wait for the topic of the offsets, which can take longer than KafkaJS's patience. */
const consumerRetry = { retries: 10, initialRetryTime: 200, maxRetryTime: 2_000 }

/** KafkaJS starts a crashed consumer again, for ever if need be. */
const crashesMax = 3

/**
 * Hands over the records of a topic from its beginning until it is closed, each once, and commits nothing: the next
 * reading starts over.
 */
export async function readTopic<T>(kafka: Kafka, options: ReadTopicOptions<T>): Promise<TopicReading> {
  // A group of its own, each time: members that a killed process left would hold partitions until they time out.
  const groupId = `${options.topic}-reader-${randomUUID()}`
  const consumer = kafka.consumer({ groupId, allowAutoTopicCreation: false, retry: consumerRetry })
  const reading = new Reading(consumer)
  try {
    await consumer.connect()
    await consumer.subscribe({ topics: [options.topic], fromBeginning: true })
    await consumer.run({ autoCommit: false, eachBatch: ({ batch }) => reading.take(batch, options) })
    return reading
  } catch (error) {
    // Or its connections would keep the process alive.
    await reading.close()
    throw error
  }
}

/** Hands over all records before these offsets. */
export async function readAll<T>(
  kafka: Kafka,
  options: ReadTopicOptions<T>,
  ends: ReadonlyMap<number, number>,
  signal: AbortSignal,
): Promise<void> {
  const reading = await readTopic(kafka, options)
  try {
    await reading.reached(ends, signal)
  } finally {
    await reading.close()
  }
}

class Reading implements TopicReading {
  readonly #consumer: Consumer
  /** Per partition, behind the last record that was handed over. */
  readonly #positions = new Map<number, number>()
  #crashes = 0
  #failure: Error | undefined
  #moved = (): void => undefined

  constructor(consumer: Consumer) {
    this.#consumer = consumer
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      this.#crashes++
      if (!payload.restart || this.#crashes > crashesMax) this.#fail(payload.error)
    })
  }

  async take<T>(batch: EachBatchPayload['batch'], { serde, onRecord }: ReadTopicOptions<T>): Promise<void> {
    try {
      for (const { offset, value } of batch.messages) {
        // After a crash KafkaJS begins anew.
        if (value === null || Number(offset) < (this.#positions.get(batch.partition) ?? 0)) continue
        const schema = serde.prime?.(value)
        if (schema !== undefined) await schema
        onRecord(serde.deserialize(value), batch.partition, Number(offset))
        this.#positions.set(batch.partition, Number(offset) + 1)
      }
      this.#moved()
    } catch (error) {
      // KafkaJS would read the batch again and again.
      this.#fail(error as Error)
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error
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
