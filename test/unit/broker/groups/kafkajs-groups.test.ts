import { afterEach, describe, expect, test } from 'vitest'
import { Kafka, logLevel, type Consumer } from 'kafkajs'
import type { Broker } from '../../../../src/broker/broker.ts'
import { newTestBroker } from '../../../support/test-broker.ts'

let broker: Broker
let kafka: Kafka
const consumers: Consumer[] = []

async function start(): Promise<void> {
  broker = newTestBroker()
  await broker.listen('127.0.0.1', 0)
  const { host, port } = broker.address
  kafka = new Kafka({ brokers: [`${host}:${port}`], logLevel: logLevel.NOTHING })
}

afterEach(async () => {
  await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()))
  await broker.close()
})

/** Resolves with the values once so many have come. */
async function consume(groupId: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId })
  consumers.push(consumer)
  await consumer.connect()
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    consumer
      .run({
        eachMessage: async ({ message }) => {
          values.push(message.value!.toString())
          if (values.length === count) resolve()
        },
      })
      .catch(reject)
  })
  await consumer.stop()
  return values
}

describe('KafkaJS, as it is', () => {
  test('a group of consumers reads everything, and the next one of that group goes on behind it', async () => {
    await start()
    const admin = kafka.admin()
    const producer = kafka.producer()
    await Promise.all([admin.connect(), producer.connect()])
    await admin.createTopics({ topics: [{ topic: 't', numPartitions: 3 }] })
    const send = (values: readonly string[]) =>
      producer.send({ topic: 't', messages: values.map((value) => ({ key: value, value })) })
    await send(['a', 'b', 'c', 'd', 'e'])
    expect((await consume('g', 5)).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
    const offsets = await admin.fetchOffsets({ groupId: 'g', topics: ['t'] })
    expect(offsets[0]!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)).toBe(5)
    await send(['f'])
    expect(await consume('g', 1)).toEqual(['f'])
    await Promise.all([admin.disconnect(), producer.disconnect()])
  })
})
