import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe } from 'vitest'
import type { TopicPartition } from '../../../src/core/topic-partition.ts'
import { portSuite } from './port-suite.ts'
import { unique, type PortUnderTest } from './port-under-test.ts'

/** A broker that lets sessions be as short as 500 ms and compacts without being asked. */
export interface PortBroker {
  readonly bootstrap: string
  readonly truncate?: NonNullable<PortUnderTest['truncate']>
  stop(): Promise<void>
}

export type PortAt = (brokers: readonly string[], requestTimeoutMs: number) => PortUnderTest['port']

/** Not a port that was free a moment ago: another test's broker may get it, or the client as its own end. */
const nobody = '127.0.0.1:1'

/** The suite on a broker that is started for it, for a test file of its own; `more`: what this broker alone can be asked. */
export function portSuiteOnBroker(
  name: string,
  portAt: PortAt,
  start: () => Promise<PortBroker>,
  more: (under: () => PortUnderTest) => void = () => {},
): void {
  let broker: PortBroker
  let under: PortUnderTest

  beforeAll(async () => {
    broker = await start()
    under = {
      port: portAt([broker.bootstrap], 30_000),
      nowhere: (timeoutMs) => portAt([nobody], timeoutMs),
      ...(broker.truncate === undefined ? {} : { truncate: broker.truncate }),
      writeTransaction: (...transaction) => writeTransaction(broker.bootstrap, ...transaction),
    }
  })

  afterAll(() => broker?.stop())

  describe(name, () => {
    portSuite(() => under)
    more(() => under)
  })
}

async function writeTransaction(
  bootstrap: string,
  { topic, partition }: TopicPartition,
  values: readonly string[],
  outcome: 'commit' | 'abort',
): Promise<void> {
  const client = new Kafka({ brokers: [bootstrap], logLevel: logLevel.NOTHING })
  const options = { transactionalId: unique('transaction'), idempotent: true, maxInFlightRequests: 1 }
  const producer = client.producer(options)
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: values.map((value) => ({ key: value, value, partition })) })
  await (outcome === 'commit' ? transaction.commit() : transaction.abort())
  await producer.disconnect()
}
