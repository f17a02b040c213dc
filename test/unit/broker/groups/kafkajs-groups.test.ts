import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Kafka, logLevel, type Admin, type Consumer, type Producer } from 'kafkajs'
import type { Broker } from '../../../../src/broker/broker.ts'
import { offsetAt } from '../../../support/broker-groups.ts'
import { newTestBroker } from '../../../support/test-broker.ts'

let broker: Broker
let kafka: Kafka
let admin: Admin
const clients: (Consumer | Producer | Admin)[] = []

beforeEach(async () => {
  broker = newTestBroker()
  await broker.listen({ host: '127.0.0.1', port: 0 })
  const { host, port } = broker.address
  kafka = new Kafka({ brokers: [`${host}:${port}`], logLevel: logLevel.NOTHING })
  admin = await connected(kafka.admin())
  await admin.createTopics({ topics: [{ topic: 't', numPartitions: 3 }] })
})

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.disconnect()))
  await broker.close()
})

async function connected<C extends Consumer | Producer | Admin>(client: C): Promise<C> {
  clients.push(client)
  await client.connect()
  return client
}

const messages = (values: readonly string[]) => values.map((value) => ({ key: value, value }))

/** Reads with one consumer until so many have come. */
async function consume(groupId: string, count: number): Promise<string[]> {
  const consumer = await connected(kafka.consumer({ groupId, maxWaitTimeInMs: 100 }))
  await consumer.subscribe({ topic: 't', fromBeginning: true })
  const values: string[] = []
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }) => {
      values.push(message.value!.toString())
      if (values.length === count) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.stop()
  return values
}

/** Of all partitions together. */
async function committed(groupId: string): Promise<number> {
  const [topic] = await admin.fetchOffsets({ groupId, topics: ['t'] })
  return topic!.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
}

describe('groups of KafkaJS, as it is', () => {
  test('a group reads everything, and the next consumer of that group goes on behind it', async () => {
    const producer = await connected(kafka.producer())
    await producer.send({ topic: 't', messages: messages(['a', 'b', 'c', 'd', 'e']) })
    expect((await consume('g', 5)).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(await committed('g')).toBe(5)
    await producer.send({ topic: 't', messages: messages(['f']) })
    expect(await consume('g', 1)).toEqual(['f'])
  })

  test('three consumers have one partition each; when one leaves the others have all', async () => {
    const assignments = new Map<string, number[]>()
    let changed = (): void => {}
    const start = async (name: string): Promise<Consumer> => {
      const consumer = await connected(kafka.consumer({ groupId: 'g', heartbeatInterval: 100, maxWaitTimeInMs: 100 }))
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
        assignments.set(name, payload.memberAssignment['t'] ?? [])
        changed()
      })
      await consumer.subscribe({ topic: 't' })
      await consumer.run({ eachMessage: async () => {} })
      return consumer
    }
    const until = (done: () => boolean): Promise<void> =>
      new Promise((resolve) => {
        changed = () => void (done() && resolve())
        changed()
      })
    const all = (): number[] => [...assignments.values()].flat().toSorted((a, b) => a - b)
    const [first] = await Promise.all(['a', 'b', 'c'].map(start))
    await until(() => assignments.size === 3 && [...assignments.values()].every(({ length }) => length === 1))
    expect(all()).toEqual([0, 1, 2])
    const described = await admin.describeGroups(['g'])
    expect(described.groups[0]).toMatchObject({
      state: 'Stable',
      protocolType: 'consumer',
      protocol: 'RoundRobinAssigner',
    })
    expect(described.groups[0]!.members).toHaveLength(3)
    await first!.disconnect()
    assignments.delete('a')
    await until(() => all().length === 3)
    expect(all()).toEqual([0, 1, 2])
  })

  test('groups are listed, and deleted when nobody is in them', async () => {
    const committer = { groupId: 'g', memberId: '', groupInstanceId: null, generation: -1 }
    broker.state.groups.commit(committer, [offsetAt(4)])
    expect(await committed('g')).toBe(4)
    expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).toEqual(['g'])
    await admin.deleteGroups(['g'])
    expect((await admin.listGroups()).groups).toEqual([])
  })
})

describe('transactions of KafkaJS, as it is', () => {
  const transactional = () =>
    connected(kafka.producer({ transactionalId: 'x', idempotent: true, maxInFlightRequests: 1 }))

  test('records and offsets of a transaction are there once it commits, and those of an aborted one never', async () => {
    const producer = await transactional()
    const aborted = await producer.transaction()
    await aborted.send({ topic: 't', messages: messages(['no']) })
    await aborted.sendOffsets({
      consumerGroupId: 'other',
      topics: [{ topic: 't', partitions: [{ partition: 0, offset: '9' }] }],
    })
    await aborted.abort()
    const transaction = await producer.transaction()
    await transaction.send({ topic: 't', messages: messages(['yes', 'also']) })
    await transaction.sendOffsets({
      consumerGroupId: 'other',
      topics: [{ topic: 't', partitions: [{ partition: 0, offset: '3' }] }],
    })
    expect(await committed('other')).toBe(0)
    await transaction.commit()
    expect(await committed('other')).toBe(3)
    expect((await consume('g', 2)).toSorted()).toEqual(['also', 'yes'])
  })

  test('a producer that has been replaced is fenced', async () => {
    const zombie = await transactional()
    const transaction = await zombie.transaction()
    await transaction.send({ topic: 't', messages: messages(['lost']) })
    const next = await transactional()
    const renewed = await next.transaction()
    await renewed.send({ topic: 't', messages: messages(['kept']) })
    await expect(transaction.commit()).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
    await renewed.commit()
    expect(await consume('g', 1)).toEqual(['kept'])
  })
})
