import type { Kafka, Producer } from 'kafkajs'
import { labelDelayMs } from './features.ts'
import { choosePartition, toMessage, type InputTopic } from './input-topics.ts'
import type { LabelledTransaction } from './transactions-csv.ts'

const sliceLength = 500

export interface LiveFeedOptions {
  readonly transactionsTopic: InputTopic
  readonly labelsTopic: InputTopic
  readonly partitionCount: number
  /** Day by day, in order of time. */
  readonly days: Iterable<readonly LabelledTransaction[]>
  /** Told of each slice when it is acknowledged. */
  readonly onFed: (transactions: readonly LabelledTransaction[]) => void
  readonly signal: AbortSignal
}

/**
 * Feeds transactions in order of time, and the label of each 7 days after it: acknowledged before a transaction of that
 * moment or later is written. A label may come a few hundred transactions early, which changes no result.
 */
export async function feedLive(kafka: Kafka, options: LiveFeedOptions): Promise<void> {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1, allowAutoTopicCreation: false })
  await producer.connect()
  try {
    const sendLabels = sender(producer, options.labelsTopic, options.partitionCount)
    const sendTransactions = sender(producer, options.transactionsTopic, options.partitionCount)
    let unlabelled: readonly LabelledTransaction[] = []
    for (const slice of slices(options.days)) {
      options.signal.throwIfAborted()
      const now = slice.at(-1)!.time
      const known = unlabelled.filter(({ time }) => time + labelDelayMs <= now)
      await sendLabels(known)
      await sendTransactions(slice)
      unlabelled = [...unlabelled.slice(known.length), ...slice]
      options.onFed(slice)
    }
  } finally {
    await producer.disconnect()
  }
}

/** Never more than a day, so that no label of a slice becomes known within it. */
function* slices(days: Iterable<readonly LabelledTransaction[]>): Generator<readonly LabelledTransaction[]> {
  for (const day of days) {
    for (let from = 0; from < day.length; from += sliceLength) yield day.slice(from, from + sliceLength)
  }
}

type Send = (transactions: readonly LabelledTransaction[]) => Promise<void>

function sender(producer: Producer, input: InputTopic, partitionCount: number): Send {
  const partitionOf = choosePartition(input, partitionCount)
  return async (transactions) => {
    if (transactions.length === 0) return
    const messages = transactions.map((each) => toMessage(input, each, partitionOf(input.keyOf(each))))
    await producer.send({ topic: input.topic, messages, acks: -1 })
  }
}
