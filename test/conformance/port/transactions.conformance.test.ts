/* The promises of transactions on the embedded broker; the whole suite runs on Apache Kafka. */
import { afterAll, beforeAll, describe } from 'vitest'
import { startBroker, type EmbeddedBroker } from '../../../src/testing.ts'
import { ownPort } from '../../../src/client/own-port.ts'
import { systemClock } from '../../../src/core/system-clock.ts'
import { systemRandom } from '../../../src/core/system-random.ts'
import type { KafkaPort } from '../../../src/runtime/port.ts'
import { transactionPromises } from './transaction-promises.ts'

let broker: EmbeddedBroker
let port: KafkaPort
const unused = (): never => {
  throw new Error('the promises of transactions do not need it')
}

beforeAll(async () => {
  broker = await startBroker()
  const times = { requestTimeoutMs: 30_000, connectionTimeoutMs: 10_000 }
  port = ownPort({ brokers: [broker.bootstrap], clientId: 'test', clock: systemClock, random: systemRandom, ...times })
})
afterAll(() => broker?.stop())

describe('the port on the embedded broker', () => {
  transactionPromises(() => ({ port, nowhere: unused, writeTransaction: unused }))
})
