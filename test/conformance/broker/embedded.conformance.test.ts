/* What needs Node alone; kcat, Java and the real broker are in test/integration/broker-behaviour.kafka.test.ts. */
import { afterAll, beforeAll } from 'vitest'
import { startBroker, type EmbeddedBroker } from '../../../src/testing.ts'
import type { BrokerUnderTest } from './broker-under-test.ts'
import { kafkajsSuite } from './kafkajs-suite.ts'
import { wireAnswersSuite } from './wire-answers-suite.ts'
import { wireSuite } from './wire-suite.ts'

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker()
})
afterAll(() => broker?.stop())

const under = (): BrokerUnderTest => ({ bootstrap: broker.bootstrap, transactionsV2: false })

kafkajsSuite(under)
wireSuite(under)
wireAnswersSuite(under)
