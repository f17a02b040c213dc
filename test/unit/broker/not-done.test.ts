import { afterAll, expect, test } from 'vitest'
import { logConfigOf } from '../../../src/broker/topics/topic-configs.ts'
import { topicConfigTable } from '../../../src/broker/topics/topic-config-table.ts'
import { messages, type ApiName } from '../../../src/protocol/messages/messages.ts'
import { rangeText, readNotDone } from '../../support/not-done.ts'
import { connectTo, newTestBroker } from '../../support/test-broker.ts'

const { text, served, unserved } = readNotDone()
const broker = newTestBroker()
afterAll(() => broker.close())

test('NOT-DONE.md has the versions of every request that the broker answers, and of no other', async () => {
  const { apiKeys } = await connectTo(broker).send('ApiVersions', 3, {})
  const advertised = apiKeys.map(({ apiKey, minVersion, maxVersion }) => ({
    key: apiKey,
    served: rangeText([apiKey === messages.Produce.key ? 3 : minVersion, maxVersion]),
  }))
  expect(served.map(({ key, served: versions }) => ({ key, served: versions }))).toEqual(advertised)
})

test('NOT-DONE.md names requests as Kafka does', () => {
  expect(served.filter(({ key, name }) => messages[name as ApiName]?.key !== key)).toEqual([])
})

test('NOT-DONE.md lists every request of Kafka 4.1 once: as answered or as not', () => {
  const removedInKafka4 = [4, 5, 6, 7]
  const keys = [...served, ...unserved].map(({ key }) => key).toSorted((a, b) => a - b)
  expect(keys).toEqual(Array.from({ length: 93 }, (_, key) => key).filter((key) => !removedInKafka4.includes(key)))
})

test('NOT-DONE.md names every config of a topic that nothing follows', () => {
  const read = new Set<string>()
  const noted = new Proxy({}, { get: (_, name) => void read.add(String(name)) })
  logConfigOf(noted)
  expect(read.size).toBeGreaterThan(10)
  const idle = Object.keys(topicConfigTable).filter((name) => !read.has(name))
  const paragraph = /These configs of topics[^]*?\n\n/.exec(text)![0]
  expect([...paragraph.matchAll(/`([a-z0-9.]+)`/g)].map(([, name]) => name)).toEqual(idle.toSorted())
})
