import { CompressionCodecs, CompressionTypes, Kafka, logLevel } from 'kafkajs'
import { kafkaJsCodec } from 'millrace'
import { afterEach, expect, test } from 'vitest'
import type { Broker } from '../../../src/broker/broker.ts'
import { newTestBroker } from '../../support/test-broker.ts'

let broker: Broker

afterEach(() => broker.close())

test.each(['Snappy', 'LZ4'] as const)('with a codec of ours a KafkaJS client writes and reads %s', async (type) => {
  CompressionCodecs[CompressionTypes[type]] = kafkaJsCodec(type.toLowerCase() as 'snappy' | 'lz4')
  broker = newTestBroker()
  broker.control.createTopic({ name: 't' })
  await broker.listen({ host: '127.0.0.1', port: 0 })
  const { host, port } = broker.address
  const kafka = new Kafka({ brokers: [`${host}:${port}`], logLevel: logLevel.NOTHING })
  const values = Array.from({ length: 100 }, (_, i) => `record ${i}`)
  const producer = kafka.producer()
  await producer.connect()
  const messages = values.map((value) => ({ value }))
  await producer.send({ topic: 't', compression: CompressionTypes[type], messages })
  await producer.disconnect()
  const consumer = kafka.consumer({ groupId: 'readers' })
  await consumer.connect()
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  const read = await new Promise<string[]>((resolve, reject) => {
    const eachBatch = async ({ batch }: { batch: { messages: readonly { value: Buffer | null }[] } }) =>
      resolve(batch.messages.map(({ value }) => String(value)))
    consumer.run({ eachBatch }).catch(reject)
  })
  await consumer.disconnect()
  expect(read).toEqual(values)
})
