import type { Admin, Kafka } from 'kafkajs'
import { choosePartition, toMessage, type InputTopic } from './input-topics.ts'
import { sumOf, topicOffsets, type TopicOffsets } from './offsets.ts'
import { readAll } from './read-topic.ts'
import type { FraudLabel, Transaction } from './schemas.ts'
import type { LabelledTransaction } from './transactions-csv.ts'

const batchPerPartition = 2_500

export interface FeedOptions {
  readonly input: InputTopic
  readonly partitionCount: number
  /** In the order in which they are written. */
  readonly transactions: readonly LabelledTransaction[]
  readonly onProgress: (fed: number) => void
  /** The batch that is under way is finished first. */
  readonly signal: AbortSignal
}

/**
 * Writes all records of an input topic that are not in it yet. Every partition gets its records in one order, one batch
 * in flight: what it holds is how far an earlier process came, wherever that one was stopped or killed.
 *
 * @throws Error when the topic holds something else than a beginning of this data
 */
export async function feedTopic(kafka: Kafka, admin: Admin, options: FeedOptions): Promise<void> {
  const { input, signal, transactions } = options
  const partitions = split(options)
  const held = await topicOffsets(admin, input.topic)
  await checkHeld(kafka, { ...options, partitions, held })
  options.onProgress(sumOf(held.high))
  if (sumOf(held.high) === transactions.length) return
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  await producer.connect()
  try {
    for (let batch = 0; ; batch++) {
      signal.throwIfAborted()
      const messages = partitions.flatMap((own, partition) => {
        const from = (held.high.get(partition) ?? 0) + batch * batchPerPartition
        return own.slice(from, from + batchPerPartition).map((each) => toMessage(input, each, partition))
      })
      if (messages.length === 0) break
      await producer.send({ topic: input.topic, messages, acks: -1 })
      options.onProgress(sumOf((await topicOffsets(admin, input.topic)).high))
    }
  } finally {
    await producer.disconnect()
  }
  await checkFed(admin, input.topic, partitions)
}

function split({ input, partitionCount, transactions }: FeedOptions): LabelledTransaction[][] {
  const partitions = Array.from({ length: partitionCount }, (): LabelledTransaction[] => [])
  const partitionOf = choosePartition(input, partitionCount)
  for (const transaction of transactions) partitions[partitionOf(input.keyOf(transaction))]!.push(transaction)
  return partitions
}

interface Held extends FeedOptions {
  readonly partitions: readonly (readonly LabelledTransaction[])[]
  readonly held: TopicOffsets
}

async function checkHeld(kafka: Kafka, { input, partitions, held, signal }: Held): Promise<void> {
  const { topic, serde } = input
  if (sumOf(held.low) > 0)
    throw otherData(topic, 'the broker has deleted its first records: its retention must be unlimited')
  for (const [partition, count] of held.high) {
    const due = partitions[partition]!.length
    if (count > due) throw otherData(topic, `partition ${partition} has ${count} records, and ${due} are due`)
  }
  let problem: string | undefined
  const onRecord = (found: Transaction | FraudLabel, partition: number, offset: number): void => {
    const due = input.valueOf(partitions[partition]![offset]!)
    if (JSON.stringify(found) !== JSON.stringify(due))
      problem ??= `record ${offset} of partition ${partition} is ${JSON.stringify(found)}, and ${JSON.stringify(due)} is due`
  }
  if (sumOf(held.high) > 0) await readAll(kafka, { topic, serde, onRecord }, held.high, signal)
  if (problem !== undefined) throw otherData(topic, problem)
}

async function checkFed(
  admin: Admin,
  topic: string,
  partitions: readonly (readonly LabelledTransaction[])[],
): Promise<void> {
  const { high } = await topicOffsets(admin, topic)
  partitions.forEach(({ length }, partition) => {
    const count = high.get(partition)
    if (count !== length)
      throw otherData(topic, `after feeding partition ${partition} has ${count} records, and ${length} are due`)
  })
}

function otherData(topic: string, problem: string): Error {
  const remedy = 'use another broker, or delete the topics of this app and its group'
  return new Error(`topic ${topic} holds other data than the input: ${problem}; ${remedy}`)
}
