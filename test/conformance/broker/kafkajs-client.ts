import { Kafka, logLevel, type Message } from 'kafkajs'
import { hangMs } from '../port/port-under-test.ts'
import { ownPortAt } from '../port/ports.ts'
import { unique, type BrokerUnderTest } from './broker-under-test.ts'

export function kafkaJs({ bootstrap }: BrokerUnderTest): Kafka {
  return new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
}

/** One new topic that can be written at once. Not made by KafkaJS, which gives up when a broker has not heard of it yet. */
export async function newTopic(
  { bootstrap }: BrokerUnderTest,
  partitionCount = 1,
  configs: Readonly<Record<string, string>> = {},
): Promise<string> {
  const topic = unique('topic')
  const admin = ownPortAt([bootstrap], 30_000).admin()
  await admin.connect()
  await admin.createTopics([{ topic, partitionCount, replicationFactor: 1, configs }])
  await admin.close()
  return topic
}

export async function sendTo(broker: BrokerUnderTest, topic: string, messages: Message[]): Promise<void> {
  const producer = kafkaJs(broker).producer()
  await producer.connect()
  await producer.send({ topic, messages })
  await producer.disconnect()
}

/**
 * Offsets 0 to 3 are of two transactions, one within the other, and both are aborted (4 and 5); 6 is of none. A reader of committed
 * records that begins at 2 is inside of both.
 */
export async function interleavedAborts(broker: BrokerUnderTest, topic: string): Promise<void> {
  const producerOf = (name: string) =>
    kafkaJs(broker).producer({ transactionalId: unique(name), idempotent: true, maxInFlightRequests: 1 })
  const [first, second] = [producerOf('a'), producerOf('b')]
  await Promise.all([first.connect(), second.connect()])
  const [a, b] = [await first.transaction(), await second.transaction()]
  for (const value of ['a0', 'b1', 'b2', 'a3'])
    await (value.startsWith('a') ? a : b).send({ topic, messages: [{ value, partition: 0 }] })
  await a.abort()
  await b.abort()
  await Promise.all([first.disconnect(), second.disconnect()])
  await markersWritten(broker, topic, 6)
  await sendTo(broker, topic, [{ value: 'plain', partition: 0 }])
}

/** The end of a transaction is answered before its markers are in the log (KIP-98, 4.2). */
async function markersWritten(broker: BrokerUnderTest, topic: string, end: number): Promise<void> {
  const admin = kafkaJs(broker).admin()
  await admin.connect()
  const deadline = performance.now() + hangMs
  while (Number((await admin.fetchTopicOffsets(topic))[0]!.high) < end)
    if (performance.now() > deadline) throw new Error(`the markers of ${topic} were not written in time`)
  await admin.disconnect()
}
