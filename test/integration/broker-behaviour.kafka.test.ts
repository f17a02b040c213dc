/* One behaviour, two brokers: `npm run broker` and Apache Kafka, asked the same by clients that know neither. */
import { afterAll, beforeAll, describe } from 'vitest'
import { startKafka } from '../../src/testing/kafka-server.ts'
import type { BrokerUnderTest } from '../conformance/broker/broker-under-test.ts'
import { javaSuite } from '../conformance/broker/java-suite.ts'
import { kcatSuite } from '../conformance/broker/kcat-suite.ts'
import { kafkajsSuite } from '../conformance/broker/kafkajs-suite.ts'
import { kafkaToolsSuite } from '../conformance/broker/kafka-tools-suite.ts'
import { wireAnswersSuite } from '../conformance/broker/wire-answers-suite.ts'
import { wireSuite } from '../conformance/broker/wire-suite.ts'
import { startBrokerProcess } from '../support/broker-process.ts'
import { JavaHost } from '../support/java-host.ts'

type Started = BrokerUnderTest & { stop(): Promise<unknown> }

async function embedded(): Promise<Started> {
  return { ...(await startBrokerProcess()), transactionsV2: false }
}

async function apacheKafka(): Promise<Started> {
  const properties = {
    'log.cleaner.backoff.ms': '200',
    'log.initial.task.delay.ms': '100',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
  }
  const { bootstrap, stop } = await startKafka({ properties })
  return { bootstrap, stop, transactionsV2: true }
}

let java: JavaHost

beforeAll(async () => {
  java = await JavaHost.start()
})
afterAll(() => java?.stop())

describe.each([
  ['the embedded broker', embedded],
  ['Apache Kafka', apacheKafka],
])('%s', (_, start) => {
  let broker: Started

  beforeAll(async () => {
    broker = await start()
  })
  afterAll(() => broker?.stop())

  javaSuite(
    () => broker,
    () => java,
  )
  kafkajsSuite(() => broker)
  wireSuite(() => broker)
  wireAnswersSuite(() => broker)
  kcatSuite(() => broker)
  kafkaToolsSuite(
    () => broker,
    () => java,
  )
})
