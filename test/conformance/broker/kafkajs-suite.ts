/* KafkaJS, unmodified: what its users do with a broker. */
import { CompressionTypes, type Consumer, type EachMessagePayload, type Producer } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { interleavedAborts, kafkaJs, newTopic, sendTo } from './kafkajs-client.ts'
import { hangMs } from '../port/port-under-test.ts'
import { unique, type BrokerUnderTest } from './broker-under-test.ts'
import { readByOwnClient } from './own-client.ts'

export function kafkajsSuite(broker: () => BrokerUnderTest): void {
  const clients: { disconnect(): Promise<void> }[] = []
  afterEach(async () => void (await Promise.all(clients.splice(0).map((client) => client.disconnect()))))

  const connected = async <C extends { connect(): Promise<void>; disconnect(): Promise<void> }>(
    client: C,
  ): Promise<C> => {
    clients.push(client)
    await client.connect()
    return client
  }
  const admin = () => connected(kafkaJs(broker()).admin())
  const producer = () => connected(kafkaJs(broker()).producer())
  const transactional = (transactionalId = unique('transaction')): Promise<Producer> =>
    connected(kafkaJs(broker()).producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 }))

  interface Reader {
    readonly consumer: Consumer
    readonly seen: EachMessagePayload[]
    until(holds: () => boolean): Promise<void>
  }
  const reader = async (
    topic: string,
    options: { groupId?: string; readUncommitted?: boolean } = {},
  ): Promise<Reader> => {
    const timing = { maxWaitTimeInMs: 50, heartbeatInterval: 200, retry: { initialRetryTime: 50 } }
    const consumer = await connected(kafkaJs(broker()).consumer({ groupId: unique('group'), ...timing, ...options }))
    await consumer.subscribe({ topic, fromBeginning: true })
    const seen: EachMessagePayload[] = []
    const until = (holds: () => boolean): Promise<void> => expect.poll(holds, { timeout: hangMs }).toBe(true)
    return { consumer, seen, until }
  }
  const run = ({ consumer, seen }: Reader): Promise<void> =>
    consumer.run({ eachMessage: async (payload) => void seen.push(payload) })
  const values = ({ seen }: Reader): (string | null)[] => seen.map(({ message }) => message.value?.toString() ?? null)

  describe("KafkaJS's producer and consumer", () => {
    test.each([['none', CompressionTypes.None] as const, ['gzip', CompressionTypes.GZIP] as const])(
      'records in %s come back with keys, headers, times and nulls',
      async (_, compression) => {
        const topic = await newTopic(broker(), 1, { 'retention.ms': '-1' })
        const messages = [
          { key: 'k', value: 'v', headers: { h: 'x' }, timestamp: '1234567890123' },
          { key: null, value: 'no key', timestamp: '5' },
          { key: 'gone', value: null, timestamp: '6' },
        ]
        const [sent] = await (await producer()).send({ topic, messages, compression })
        expect(sent).toMatchObject({ partition: 0, errorCode: 0, baseOffset: '0' })
        const all = await reader(topic)
        await run(all)
        await all.until(() => all.seen.length === 3)
        expect(values(all)).toEqual(['v', 'no key', null])
        expect(
          all.seen.map(({ message }) => [message.offset, message.key?.toString() ?? null, message.timestamp]),
        ).toEqual([
          ['0', 'k', '1234567890123'],
          ['1', null, '5'],
          ['2', 'gone', '6'],
        ])
        expect(all.seen[0]!.message.headers!['h']!.toString()).toBe('x')
      },
    )

    test('a topic that is not there is an error, not a topic', async () => {
      const topic = unique('missing')
      const impatient = await connected(
        kafkaJs(broker()).producer({ retry: { retries: 0 }, allowAutoTopicCreation: false }),
      )
      await expect(impatient.send({ topic, messages: [{ value: 'v' }] })).rejects.toThrow(
        'This server does not host this topic-partition',
      )
      expect(await (await admin()).listTopics()).not.toContain(topic)
    })

    test('a position outside of the log goes on where the group would have begun', async () => {
      const topic = await newTopic(broker())
      await sendTo(broker(), topic, [{ value: 'a' }, { value: 'b' }])
      const lost = await reader(topic)
      await run(lost)
      await lost.until(() => lost.seen.length === 2)
      lost.consumer.seek({ topic, partition: 0, offset: '99' })
      await lost.until(() => lost.seen.length >= 4)
      expect(values(lost)).toEqual(['a', 'b', 'a', 'b'])
    })
  })

  describe("KafkaJS's transactions", () => {
    test('what is aborted is never read, and what is committed at once', async () => {
      const topic = await newTopic(broker())
      const client = await transactional()
      for (const [value, end] of [['no', 'abort'] as const, ['yes', 'commit'] as const]) {
        const transaction = await client.transaction()
        await transaction.send({ topic, messages: [{ value }] })
        await transaction[end]()
      }
      await sendTo(broker(), topic, [{ value: 'plain' }])
      const committed = await reader(topic)
      const all = await reader(topic, { readUncommitted: true })
      await Promise.all([run(committed), run(all)])
      await Promise.all([committed, all].map((each) => each.until(() => values(each).includes('plain'))))
      expect(values(committed)).toEqual(['yes', 'plain'])
      expect(values(all)).toEqual(['no', 'yes', 'plain'])
    })

    test('offsets are committed with their transaction', async () => {
      const topic = await newTopic(broker())
      const consumerGroupId = unique('group')
      const client = await transactional()
      const offsets = async (): Promise<string> =>
        (await (await admin()).fetchOffsets({ groupId: consumerGroupId, topics: [topic] }))[0]!.partitions[0]!.offset
      for (const [offset, end, then] of [['3', 'abort', '-1'] as const, ['7', 'commit', '7'] as const]) {
        const transaction = await client.transaction()
        await transaction.sendOffsets({ consumerGroupId, topics: [{ topic, partitions: [{ partition: 0, offset }] }] })
        await transaction[end]()
        await expect.poll(offsets, { timeout: hangMs }).toBe(then)
      }
    })

    test('the younger producer of an id fences the older one', async () => {
      const topic = await newTopic(broker())
      const id = unique('fenced')
      const older = await transactional(id)
      const transaction = await older.transaction()
      await transaction.send({ topic, messages: [{ value: 'older' }] })
      await (await transactional(id)).transaction()
      await expect(transaction.commit()).rejects.toThrow(/epoch/i)
    })

    test('an aborted record leaks when a fetch begins inside of two: the fault of KafkaJS, not of the broker', async () => {
      const topic = await newTopic(broker())
      await interleavedAborts(broker(), topic)
      const inside = await reader(topic)
      await run(inside)
      inside.consumer.seek({ topic, partition: 0, offset: '2' })
      // `filterAbortedMessages` takes one aborted transaction per record off its list, however many have begun by then.
      await inside.until(() => values(inside).slice(-2).join(' ') === 'b2 plain')
      for (const offset of [0, 1, 2, 3])
        expect(await readByOwnClient(broker(), topic, { offset, end: 7 }), `from ${offset}`).toEqual(['plain'])
    })
  })

  describe("KafkaJS's groups", () => {
    test('three members share, one leaves, and the records are read once', async () => {
      const topic = await newTopic(broker(), 3)
      const groupId = unique('group')
      const members = await Promise.all([1, 2, 3].map(() => reader(topic, { groupId })))
      const owned = new Map<Reader, number>()
      for (const member of members)
        member.consumer.on('consumer.group_join', ({ payload }) => {
          owned.set(member, payload.memberAssignment[topic]?.length ?? 0)
        })
      await Promise.all(members.map(run))
      await members[0]!.until(() => members.every((member) => owned.get(member) === 1))
      const seen = (): (string | null)[] => members.flatMap(values)
      const messages = (from: number) =>
        Array.from({ length: 30 }, (_, i) => ({ value: `${from + i}`, partition: i % 3 }))
      await sendTo(broker(), topic, messages(0))
      await members[0]!.until(() => seen().length === 30)
      expect(members.map((member) => member.seen.length)).toEqual([10, 10, 10])
      await members[2]!.consumer.disconnect()
      await members[0]!.until(() => owned.get(members[0]!)! + owned.get(members[1]!)! === 3)
      await sendTo(broker(), topic, messages(30))
      await members[0]!.until(() => seen().length >= 60)
      expect(
        seen()
          .map(Number)
          .toSorted((a, b) => a - b),
      ).toEqual(Array.from({ length: 60 }, (_, i) => i))
    })
  })

  describe("KafkaJS's administration", () => {
    test('offsets by time, and records deleted', async () => {
      const topic = await newTopic(broker(), 1, { 'retention.ms': '-1' })
      await sendTo(
        broker(),
        topic,
        [1_000, 2_000, 3_000].map((time) => ({ value: 'v', timestamp: `${time}` })),
      )
      const client = await admin()
      const at = async (time: number): Promise<unknown> =>
        (await client.fetchTopicOffsetsByTimestamp(topic, time))[0]?.offset
      expect([await at(0), await at(1_001), await at(3_000), await at(3_001)]).toEqual(['0', '1', '2', '3'])
      await client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '2' }] })
      expect(await client.fetchTopicOffsets(topic)).toMatchObject([{ partition: 0, low: '2', high: '3' }])
      await expect(client.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '4' }] })).rejects.toThrow()
    })

    test('topics are made, grown, described and deleted', async () => {
      const client = await admin()
      const topic = unique('made')
      expect(await client.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: 2 }] })).toBe(true)
      expect(await client.createTopics({ waitForLeaders: false, topics: [{ topic }] })).toBe(false)
      await client.createPartitions({ topicPartitions: [{ topic, count: 3 }] })
      const partitions = async (): Promise<unknown> => {
        const { topics } = await client.fetchTopicMetadata({ topics: [topic] })
        return topics[0]!.partitions.map(({ leader, isr }) => [leader, isr])
      }
      await expect.poll(partitions, { timeout: hangMs }).toEqual([1, 1, 1].map(() => [1, [1]]))
      const configNames = ['retention.ms']
      await client.alterConfigs({
        validateOnly: false,
        resources: [{ type: 2, name: topic, configEntries: [{ name: 'retention.ms', value: '7000' }] }],
      })
      const retention = async (): Promise<unknown> => {
        const asked = { includeSynonyms: false, resources: [{ type: 2, name: topic, configNames }] }
        return (await client.describeConfigs(asked)).resources[0]!.configEntries[0]!.configValue
      }
      await expect.poll(retention, { timeout: hangMs }).toBe('7000')
      await client.deleteTopics({ topics: [topic] })
      await expect.poll(async () => (await client.listTopics()).includes(topic), { timeout: hangMs }).toBe(false)
    })

    test('the cluster is one node', async () => {
      const { brokers, controller, clusterId } = await (await admin()).describeCluster()
      expect(brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`])).toEqual([[1, broker().bootstrap]])
      expect([controller, clusterId.length > 0]).toEqual([1, true])
    })
  })
}
