import { createRequire } from 'node:module'
import { createApp, string, topology, type AppConfig } from 'millrace'
import { startBroker, type EmbeddedBroker } from 'millrace/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'

const require = createRequire(import.meta.url)
const isKafkaJsLoaded = (): boolean => require.resolve('kafkajs/src/broker') in require.cache

const text = { key: string(), value: string() }
const copy = topology('copy', (builder) => {
  builder.stream('from', text).to('to', text)
})

let broker: EmbeddedBroker

beforeAll(async () => {
  broker = await startBroker({ topics: ['from', 'to'] })
})
afterAll(() => broker.stop())

async function startAndStop(config: AppConfig): Promise<void> {
  const app = createApp(copy, { brokers: broker.bootstrap, ...config })
  await app.start()
  expect(app.state).toBe('running')
  await app.stop()
}

test('an app runs on our own client and loads nothing of KafkaJS', async () => {
  await startAndStop({})
  expect(isKafkaJsLoaded()).toBe(false)
})

test("with `client: 'kafkajs'` it runs on KafkaJS's connections", async () => {
  await startAndStop({ client: 'kafkajs' })
  expect(isKafkaJsLoaded()).toBe(true)
})
