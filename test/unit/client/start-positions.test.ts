/* Where reading begins may be open for long (KIP-447): nobody who polls waits for that, and nothing else does. */
import { afterAll, expect, test } from 'vitest'
import type { Broker } from '../../../src/broker/broker.ts'
import { seededRandom } from '../../../src/core/random.ts'
import type { TopicPartition } from '../../../src/core/topic-partition.ts'
import type { ConsumerPort, KafkaPort, TransactionalProducerPort } from '../../../src/runtime/port.ts'
import {
  consumerOptions,
  hearing,
  producerOptions,
  seenIn,
  type HeardListener,
} from '../../conformance/port/port-under-test.ts'
import { brokerPort } from '../../support/broker-port.ts'
import { storedTexts } from '../../support/record-batches.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'
import { connectTo, newTestBroker } from '../../support/test-broker.ts'

const topic = 't'
const groupId = 'group'
const zero = { topic, partition: 0 }
const one = { topic, partition: 1 }
const brokers: Broker[] = []
afterAll(() => Promise.all(brokers.map((broker) => broker.close())))

interface World {
  readonly clock: SimulatedClock
  readonly broker: Broker
  readonly port: KafkaPort
}

/** Two partitions with three records each. */
async function newWorld(): Promise<World> {
  const clock = new SimulatedClock()
  const broker = newTestBroker({ clock, random: seededRandom(1) })
  brokers.push(broker)
  broker.control.createTopic({ name: topic, partitions: 2, configs: { 'retention.ms': '-1' } })
  const world = { clock, broker, port: brokerPort(broker, clock) }
  for (const index of [0, 1]) await write(world, index, ...['0', '1', '2'].map((text) => `${index}-${text}`))
  return world
}

async function write({ broker }: World, index: number, ...texts: readonly string[]): Promise<void> {
  const topicData = [{ name: topic, partitionData: [{ index, records: storedTexts(texts) }] }]
  await connectTo(broker).send('Produce', 9, { acks: -1, topicData })
}

/** A transaction that will commit the offset, and is open. */
async function holdOffset(
  { clock, port }: World,
  position: typeof zero & { offset: number },
): Promise<TransactionalProducerPort> {
  const options = { ...producerOptions(), transactionalId: 'id', transactionTimeoutMs: 60_000 }
  const producer = port.transactionalProducer!(options)
  await clock.settle(producer.connect())
  producer.begin()
  const member = { groupId, memberId: '', generationId: -1, groupInstanceId: null }
  await clock.settle(producer.sendOffsets([position], member))
  return producer
}

async function join({ clock, port }: World): Promise<[ConsumerPort, HeardListener]> {
  const consumer = port.consumer(consumerOptions({ groupId, readCommitted: true }))
  const listener = hearing()
  await clock.settle(consumer.subscribe([topic], listener))
  return [consumer, listener]
}

/** Values of what `times` polls brought, none of which took longer than it may. */
async function poll({ clock }: World, consumer: ConsumerPort, times: number): Promise<(string | null)[]> {
  const values: (string | null)[] = []
  for (let i = 0; i < times; i++) {
    const startMs = clock.monotonic()
    const batches = await clock.settle(consumer.poll(50))
    expect(clock.monotonic() - startMs).toBeLessThanOrEqual(50)
    values.push(...batches.flatMap(seenIn).map(({ value }) => value))
  }
  return values
}

/** Polls them in turn until `done`; returns what came. */
async function pollUntil(
  world: World,
  consumers: readonly ConsumerPort[],
  done: (seen: readonly (string | null)[]) => boolean,
): Promise<(string | null)[]> {
  const seen: (string | null)[] = []
  for (let i = 0; !done(seen); i++) {
    if (i > 300) throw new Error(`only ${seen.join()}`)
    for (const consumer of consumers) seen.push(...(await poll(world, consumer, 1)))
  }
  return seen
}

test('poll comes back in time with what other partitions have, and goes on where the transaction committed', async () => {
  const world = await newWorld()
  const [stays, heard] = await join(world)
  const [leaves] = await join(world)
  await pollUntil(world, [stays, leaves], (seen) => seen.length >= 6 && leaves.position(zero) !== stays.position(zero))
  const [held, kept] = leaves.position(zero) === undefined ? [one, zero] : [zero, one]
  const producer = await holdOffset(world, { ...held, offset: 2 })
  await world.clock.settle(leaves.close())
  heard.heard.length = 0
  await write(world, kept.partition, 'new')
  expect(await poll(world, stays, 40)).toEqual(['new'])
  expect([heard.heard, stays.position(held)]).toEqual([[], undefined])
  await world.clock.settle(producer.commit())
  expect(await poll(world, stays, 40)).toEqual([`${held.partition}-2`])
  expect(heard.heard).toEqual([['assigned', [held]]])
  await world.clock.settle(Promise.all([stays.close(), producer.close()]))
})

test('a partition that goes while its position is sought is told to nobody but whom it comes to', async () => {
  const world = await newWorld()
  const producer = await holdOffset(world, { ...zero, offset: 2 })
  const [first, firstHeard] = await join(world)
  await poll(world, first, 10)
  const [second, secondHeard] = await join(world)
  for (let i = 0; i < 40; i++)
    expect(
      [...(await poll(world, first, 1)), ...(await poll(world, second, 1))].filter((value) => value?.startsWith('0-')),
    ).toEqual([])
  await world.clock.settle(producer.abort())
  const told = (): readonly TopicPartition[] =>
    [...firstHeard.heard, ...secondHeard.heard].flatMap(([, those]) => those)
  const isRead = ({ partition }: TopicPartition): boolean =>
    [first, second].some((each) => each.position({ topic, partition }) === 3)
  await pollUntil(world, [first, second], () => isRead(zero) && isRead(one))
  expect(told().map(({ partition }) => partition)).toSatisfy(
    (them: number[]) => them.length === 2 && them[0] !== them[1],
  )
  expect([firstHeard, secondHeard].map(({ heard }) => heard.flatMap(([, those]) => those).length)).toEqual([1, 1])
  await world.clock.settle(Promise.all([first.close(), second.close(), producer.close()]))
})

test('poll comes back in time while the coordinator does not answer', async () => {
  const world = await newWorld()
  world.broker.control.inject({ api: 'OffsetFetch', delayMs: 3_000 })
  const [consumer] = await join(world)
  expect(await poll(world, consumer, 40)).toEqual([])
  expect(await poll(world, consumer, 40)).toHaveLength(6)
  await world.clock.settle(consumer.close())
})

test('a consumer that closes while a position is sought leaves nothing behind', async () => {
  const world = await newWorld()
  const producer = await holdOffset(world, { ...zero, offset: 2 })
  const [consumer, listener] = await join(world)
  await poll(world, consumer, 10)
  await world.clock.settle(consumer.close())
  expect(listener.heard).toEqual([])
  await world.clock.settle(producer.commit())
  await world.clock.settle(producer.close())
})
