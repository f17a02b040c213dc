import { createServer, type AddressInfo } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe } from 'vitest'
import { startKafka, type KafkaServer } from '../../../src/testing/kafka-server.ts'
import { portSuite } from './port-suite.ts'
import { unique, type PortUnderTest } from './port-under-test.ts'

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

type PortAt = (brokers: readonly string[], requestTimeoutMs: number) => PortUnderTest['port']

/** The suite on a real broker, for a test file of its own. */
export function portSuiteOnKafka(name: string, portAt: PortAt): void {
  let kafka: KafkaServer
  let under: PortUnderTest

  beforeAll(async () => {
    const properties = {
      'group.min.session.timeout.ms': '500',
      'log.cleaner.backoff.ms': '200',
      'log.initial.task.delay.ms': '100',
    }
    kafka = await startKafka({ properties })
    const nobody = `127.0.0.1:${await closedPort()}`
    under = {
      port: portAt([kafka.bootstrap], 10_000),
      nowhere: (timeoutMs) => portAt([nobody], timeoutMs),
      writeTransaction: async ({ topic, partition }, values, outcome) => {
        const client = new Kafka({ brokers: [kafka.bootstrap], logLevel: logLevel.NOTHING })
        const producer = client.producer({
          transactionalId: unique('transaction'),
          idempotent: true,
          maxInFlightRequests: 1,
        })
        await producer.connect()
        const transaction = await producer.transaction()
        await transaction.send({ topic, messages: values.map((value) => ({ key: value, value, partition })) })
        await (outcome === 'commit' ? transaction.commit() : transaction.abort())
        await producer.disconnect()
      },
    }
  })

  afterAll(() => kafka?.stop())

  describe(`${name}, against Apache Kafka`, () => portSuite(() => under))
}
