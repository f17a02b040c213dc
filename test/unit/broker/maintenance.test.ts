/* What a broker does by itself as time passes; here it passes at once. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Broker } from '../../../src/broker/broker.ts'
import { kafkaError } from '../../../src/protocol/kafka-error.ts'
import { recordsIn, sentBatch, type SentOptions, type SentRecord } from '../../support/broker-batches.ts'
import type { BrokerClient } from '../../support/broker-client.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'
import { connectTo, newTestBroker } from '../../support/test-broker.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
let clock: SimulatedClock
let broker: Broker
let client: BrokerClient

beforeEach(() => {
  clock = new SimulatedClock()
  broker = newTestBroker({ clock })
  broker.startMaintenance()
  client = connectTo(broker)
})
afterEach(() => broker.close())

function createTopic(name: string, configs: Readonly<Record<string, string>>): void {
  broker.control.createTopic({ name, configs })
}

async function produce(topic: string, records: readonly SentRecord[], options?: SentOptions): Promise<number> {
  const stamped = records.map((record) => ({ timestamp: clock.now(), ...record }))
  const partitionData = [{ index: 0, records: sentBatch(stamped, options) }]
  const answer = await connectTo(broker).send('Produce', 9, { acks: -1, topicData: [{ name: topic, partitionData }] })
  return answer.responses[0]!.partitionResponses[0]!.errorCode
}

/** Values from the start of the log on, and where that is. */
async function read(topic: string): Promise<{ readonly start: number; readonly values: readonly (string | null)[] }> {
  const { logStartOffset: start } = broker.state.topics.partition(topic, 0)!
  const values: (string | null)[] = []
  const reader = connectTo(broker)
  for (let fetchOffset = start; ;) {
    const partitions = [{ partition: 0, fetchOffset, partitionMaxBytes: 10_000_000 }]
    const { responses } = await reader.send('Fetch', 12, { maxWaitMs: 0, topics: [{ topic, partitions }] })
    const records = recordsIn(responses[0]!.partitions[0]!.records!)
    if (records.length === 0) return { start, values }
    values.push(...records.map(({ value }) => value))
    fetchOffset = records.at(-1)!.offset + 1
  }
}

test('records go when they are older than retention.ms, at the latest a minute later', async () => {
  createTopic('t', { 'retention.ms': String(hourMs) })
  await produce('t', [{ value: 'old' }])
  await clock.advance(hourMs / 2)
  expect(await read('t')).toEqual({ start: 0, values: ['old'] })
  await clock.advance(hourMs / 2 + minuteMs + 1)
  expect(await read('t')).toEqual({ start: 1, values: [] })
  await produce('t', [{ value: 'new' }])
  expect(await read('t')).toEqual({ start: 1, values: ['new'] })
})

test('the oldest segments go when a partition is larger than retention.bytes', async () => {
  createTopic('t', { 'retention.bytes': '1500000', 'segment.bytes': '1048576' })
  for (let i = 0; i < 5; i++) await produce('t', [{ value: String(i).repeat(600_000) }])
  await clock.advance(minuteMs)
  const { start, values } = await read('t')
  expect([start, values.map((value) => value![0])]).toEqual([2, ['2', '3', '4']])
})

test('a compacted topic is compacted within seconds once half of it is dirty: the last value of each key stays', async () => {
  createTopic('t', { 'cleanup.policy': 'compact', 'segment.ms': String(minuteMs) })
  for (let i = 0; i < 6; i++) await produce('t', [{ key: `k${i % 2}`, value: `v${i}` }])
  await clock.advance(2 * minuteMs)
  await produce('t', [{ key: 'k2', value: 'last' }])
  await clock.advance(minuteMs)
  expect((await read('t')).values).toEqual(['v4', 'v5', 'last'])
})

test('a producer that was not heard of for a day is forgotten: whatever sequence number comes next is a beginning', async () => {
  createTopic('t', { 'retention.ms': '-1' })
  const batch = (sequence: number): Promise<number> => produce('t', [{ value: 'v' }], { producerId: 7, sequence })
  expect(await batch(0)).toBe(0)
  await clock.advance(23 * hourMs)
  expect(await batch(5)).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
  await clock.advance(hourMs + minuteMs)
  expect(broker.state.topics.partition('t', 0)!.producers.size).toBe(0)
  expect(await batch(5)).toBe(0)
})

test('a transaction that is open longer than its time-out is aborted, and readers go on', async () => {
  createTopic('t', { 'retention.ms': '-1' })
  const init = { transactionalId: 'x', transactionTimeoutMs: minuteMs }
  const { producerId, producerEpoch } = await client.send('InitProducerId', 4, init)
  const producer = { transactionalId: 'x', producerId, producerEpoch }
  await client.send('AddPartitionsToTxn', 3, { ...producer, topics: [{ name: 't', partitions: [0] }] })
  const partitionData = [{ index: 0, records: sentBatch([{ value: 'v' }], { producerId, transactional: true }) }]
  await client.send('Produce', 9, { transactionalId: 'x', acks: -1, topicData: [{ name: 't', partitionData }] })
  const log = broker.state.topics.partition('t', 0)!
  await clock.advance(minuteMs - 1)
  expect(log).toMatchObject({ lastStableOffset: 0, endOffset: 1 })
  await clock.advance(1)
  expect(log).toMatchObject({ lastStableOffset: 2, endOffset: 2 })
  expect(log.read({ offset: 0, maxBytes: 1_000, committed: true }).aborted).toHaveLength(1)
})

test('a connection on which nothing happens for ten minutes is closed, at the latest a minute later; one that waits for an answer is not', async () => {
  createTopic('t', {})
  const waiting = connectTo(broker)
  const topics = [{ topic: 't', partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1_000 }] }]
  const answer = waiting.send('Fetch', 12, { maxWaitMs: 20 * minuteMs, minBytes: 1, topics })
  await client.send('Metadata', 9, { topics: [] })
  await clock.advance(9 * minuteMs)
  await client.send('Metadata', 9, { topics: [] })
  await clock.advance(9 * minuteMs)
  await client.send('Metadata', 9, { topics: [] })
  await clock.advance(11 * minuteMs)
  await client.closed
  expect((await answer).errorCode).toBe(0)
  await clock.advance(11 * minuteMs)
  await waiting.closed
})

test('a broker that was closed does nothing any more', async () => {
  await broker.close()
  await expect(clock.advance(hourMs)).resolves.toBeUndefined()
  await expect(clock.runUntil(() => false, hourMs)).rejects.toThrow('0 timers left')
})
