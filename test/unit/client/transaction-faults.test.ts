/* Transactions on a broker at which things go wrong: what is committed is seen once, what is aborted never. */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import type { Broker } from '../../../src/broker/broker.ts'
import type { Fault } from '../../../src/broker/faults/fault.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { ApiName } from '../../../src/protocol/messages/messages.ts'
import type { KafkaPort, TransactionalProducerPort } from '../../../src/runtime/port.ts'
import { consumerOptions, hearing, seenIn } from '../../conformance/port/port-under-test.ts'
import { brokerPort } from '../../support/broker-port.ts'
import { readCommitted } from '../../support/read-committed.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'
import { newTestBroker } from '../../support/test-broker.ts'

const topic = 'out'
const groupId = 'group'
const partitions = [0, 1] as const
const member = { groupId, memberId: '', generationId: -1, groupInstanceId: null }
const brokers: Broker[] = []
afterAll(() => Promise.all(brokers.map((broker) => broker.close())))

interface World {
  readonly clock: SimulatedClock
  readonly broker: Broker
  readonly port: KafkaPort
}

function newWorld(): World {
  const clock = new SimulatedClock()
  const broker = newTestBroker({ clock, random: seededRandom(1) })
  brokers.push(broker)
  broker.control.createTopic({ name: topic, partitions: partitions.length, configs: { 'retention.ms': '-1' } })
  return { clock, broker, port: brokerPort(broker, clock) }
}

async function connected({ clock, port }: World, transactionTimeoutMs = 900_000): Promise<TransactionalProducerPort> {
  const producer = port.transactionalProducer!({
    clientId: 'test',
    compression: 'none',
    lingerMs: 1,
    batchBytes: 200,
    bufferedBytesMax: 1e6,
    deliveryTimeoutMs: 120_000,
    transactionalId: 'id',
    transactionTimeoutMs,
  })
  await clock.settle(producer.connect())
  return producer
}

function send({ clock }: World, producer: TransactionalProducerPort, partition: number, text: string): Error[] {
  const failures: Error[] = []
  const value = Buffer.from(text)
  const record = { topic, partition, key: null, value, timestamp: clock.now(), headers: [] }
  producer.send(record, (_, error) => failures.push(error))
  return failures
}

function committed({ clock, port }: World): Promise<string[][]> {
  return readCommitted(port, clock, topic)
}

async function committedOffset({ clock, port }: World): Promise<number | undefined> {
  const admin = port.admin()
  await clock.settle(admin.connect())
  const [offset] = await clock.settle(admin.committedOffsets(groupId, [topic]))
  await clock.settle(admin.close())
  return offset?.offset
}

/** Until it is done; the outcome of a commit that rejects with a retriable error is asked for again. */
async function insist({ clock }: World, call: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await clock.settle(call())
    } catch (error) {
      if (!(error as { retriable?: boolean }).retriable) throw error
    }
  }
}

interface Step {
  readonly outcome: 'commit' | 'abort'
  readonly records: number
  readonly flushes: boolean
  readonly faults: readonly Fault[]
}

async function runStep(world: World, producer: TransactionalProducerPort, step: Step, name: string): Promise<void> {
  for (const fault of step.faults) world.broker.control.inject(fault)
  for (let attempt = 0; ; attempt++) {
    producer.begin()
    for (let i = 0; i < step.records; i++)
      for (const partition of partitions) send(world, producer, partition, `${name}-${partition}-${i}`)
    try {
      if (step.flushes) await world.clock.settle(producer.flush())
      await world.clock.settle(producer.sendOffsets([{ topic, partition: 0, offset: Number(name) + 1 }], member))
      if (step.outcome === 'commit') return await insist(world, () => producer.commit())
    } catch (error) {
      if (attempt > 20) throw error
    }
    await insist(world, () => producer.abort())
    if (step.outcome === 'abort') return
  }
}

const api = fc.constantFrom<ApiName>('Produce', 'AddPartitionsToTxn', 'AddOffsetsToTxn', 'TxnOffsetCommit', 'EndTxn')
const times = fc.integer({ min: 1, max: 3 })
const skip = fc.nat(3)
const coordinatorErrors = fc.constantFrom(
  'CONCURRENT_TRANSACTIONS' as const,
  'NOT_COORDINATOR' as const,
  'COORDINATOR_NOT_AVAILABLE' as const,
  'COORDINATOR_LOAD_IN_PROGRESS' as const,
)
const coordinatorApi = fc.constantFrom<ApiName>('AddPartitionsToTxn', 'AddOffsetsToTxn', 'EndTxn')
const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ api, times, skip, lose: fc.constantFrom('request' as const, 'answer' as const, 'hang' as const) }),
  fc.record({ api, times, skip, delayMs: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ api: coordinatorApi, times, skip, error: coordinatorErrors }),
  fc.record({
    api: fc.constant<ApiName>('Produce'),
    times,
    skip,
    error: fc.constantFrom(
      'NOT_LEADER_OR_FOLLOWER' as const,
      'OUT_OF_ORDER_SEQUENCE_NUMBER' as const,
      'TOPIC_AUTHORIZATION_FAILED' as const,
    ),
  }),
)
const step: fc.Arbitrary<Step> = fc.record({
  outcome: fc.constantFrom('commit' as const, 'commit' as const, 'abort' as const),
  records: fc.nat(20),
  flushes: fc.boolean(),
  faults: fc.array(fault, { maxLength: 3 }),
})

test('whatever goes wrong: a committed transaction is seen once and whole, an aborted one never, and offsets go with them', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 6 }), async (steps) => {
      const world = newWorld()
      const producer = await connected(world)
      for (const [i, one] of steps.entries()) await runStep(world, producer, one, String(i))
      world.broker.control.clearFaults()
      await world.clock.settle(producer.close())
      const expected = partitions.map((partition) =>
        steps.flatMap(({ outcome, records }, i) =>
          outcome === 'commit' ? Array.from({ length: records }, (_, n) => `${i}-${partition}-${n}`) : [],
        ),
      )
      expect(await committed(world)).toEqual(expected)
      const last = steps.findLastIndex(({ outcome }) => outcome === 'commit')
      expect(await committedOffset(world)).toBe(last < 0 ? undefined : last + 1)
    }),
    { numRuns: 40 },
  )
})

test('C16 who reads what is committed waits for the transaction that commits where to begin', async () => {
  const world = newWorld()
  const { clock, port } = world
  const producer = await connected(world)
  producer.begin()
  for (let i = 0; i < 5; i++) send(world, producer, 0, String(i))
  await clock.settle(producer.commit())
  producer.begin()
  await clock.settle(producer.sendOffsets([{ topic, partition: 0, offset: 3 }], member))
  const consumer = port.consumer(consumerOptions({ groupId, readCommitted: true }))
  const listener = hearing()
  await clock.settle(consumer.subscribe([topic], listener))
  const polled = consumer.poll(600_000)
  await clock.advance(5_000)
  expect(consumer.groupMetadata().generationId).toBe(1)
  expect(listener.heard).toEqual([])
  await clock.settle(producer.commit())
  const [batch] = await clock.settle(polled)
  expect(seenIn(batch!).map(({ value }) => value)).toEqual(['3', '4'])
  await clock.settle(consumer.close())
  await clock.settle(producer.close())
})

describe('a producer that is fenced', () => {
  test('by the broker, because the transaction was open for too long: it says so, and nothing is committed', async () => {
    const world = newWorld()
    const producer = await connected(world, 1_000)
    producer.begin()
    send(world, producer, 0, 'lost')
    await world.clock.settle(producer.flush())
    await world.clock.advance(20_000)
    await expect(world.clock.settle(producer.commit())).rejects.toMatchObject({
      code: 'MILLRACE_TASK_MIGRATED',
      message: expect.stringContaining('1000 ms of transactionTimeoutMs'),
    })
    expect(() => producer.begin()).toThrow('was fenced')
    await world.clock.settle(producer.close())
    expect(await committed(world)).toEqual([[], []])
  })

  test('while it writes: what is not written is reported, with the reason', async () => {
    const world = newWorld()
    const producer = await connected(world)
    producer.begin()
    world.broker.control.inject({ api: 'Produce', error: 'INVALID_PRODUCER_EPOCH' })
    const failures = send(world, producer, 0, 'lost')
    await expect(world.clock.settle(producer.commit())).rejects.toMatchObject({ code: 'MILLRACE_TASK_MIGRATED' })
    expect(failures).toMatchObject([{ code: 'MILLRACE_TASK_MIGRATED' }])
    await world.clock.settle(producer.close())
  })
})

test('calls that do not fit the state of the transaction say which state that is', async () => {
  const world = newWorld()
  const producer = await connected(world)
  expect(() => send(world, producer, 0, 'x')).toThrow("send() of the producer 'id': no transaction is open")
  await expect(producer.commit()).rejects.toThrow('no transaction is open')
  producer.begin()
  expect(() => producer.begin()).toThrow('a transaction is open')
  await world.clock.settle(producer.close())
})

test('a producer that cannot be connected is not half connected: the next call tries again', async () => {
  const world = newWorld()
  world.broker.control.inject({ api: 'InitProducerId', error: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' })
  await expect(connected(world)).rejects.toThrow('TRANSACTIONAL_ID_AUTHORIZATION_FAILED')
  const producer = await connected(world)
  producer.begin()
  await world.clock.settle(producer.commit())
  await world.clock.settle(producer.close())
})
