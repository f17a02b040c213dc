import { afterEach, describe, expect, test } from 'vitest'
import type { Broker } from '../../../../src/broker/broker.ts'
import { defaultBrokerConfig } from '../../../../src/broker/broker-config.ts'
import { kafkaError, type KafkaErrorName } from '../../../../src/protocol/kafka-error.ts'
import type { BrokerClient } from '../../../support/broker-client.ts'
import type { NewRequest } from '../../../../src/protocol/messages/messages.ts'
import { connectTo, newTestBroker } from '../../../support/test-broker.ts'

type NewTopic = NewRequest<'CreateTopics'>['topics'][number]

let broker: Broker
let client: BrokerClient

function start(...options: Parameters<typeof newTestBroker>): void {
  broker = newTestBroker(...options)
  client = connectTo(broker)
}

afterEach(() => broker.close())

const topic = (name: string, more: Partial<NewTopic> = {}): NewTopic => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  assignments: [],
  configs: [],
  ...more,
})

const create = async (...topics: NewTopic[]) => (await client.send('CreateTopics', 5, { topics })).topics
const names = async (): Promise<(string | null)[]> =>
  (await client.send('Metadata', 9, { topics: null })).topics.map(({ name }) => name)

describe('CreateTopics', () => {
  test('a topic has the partitions that were asked for, and says what configs it has', async () => {
    start()
    const [created] = await create(
      topic('orders', { numPartitions: 3, configs: [{ name: 'cleanup.policy', value: 'compact' }] }),
    )
    expect(created).toMatchObject({ name: 'orders', errorCode: 0, numPartitions: 3, replicationFactor: 1 })
    expect(created?.configs).toContainEqual({
      name: 'cleanup.policy',
      value: 'compact',
      readOnly: false,
      configSource: 1,
      isSensitive: false,
    })
    const { topics } = await client.send('Metadata', 9, { topics: [{ name: 'orders' }] })
    expect(topics[0]?.partitions.map(({ partitionIndex, leaderId }) => [partitionIndex, leaderId])).toEqual([
      [0, 1],
      [1, 1],
      [2, 1],
    ])
  })

  test('-1 partitions and replicas take what the broker has as default (KIP-464)', async () => {
    start({ config: { defaultPartitions: 4 } })
    const [created] = await create(topic('t', { numPartitions: -1, replicationFactor: -1 }))
    expect(created).toMatchObject({ errorCode: 0, numPartitions: 4, replicationFactor: 1 })
  })

  test('validateOnly makes nothing', async () => {
    start()
    const { topics } = await client.send('CreateTopics', 5, { topics: [topic('t')], validateOnly: true })
    expect(topics).toMatchObject([{ errorCode: 0, numPartitions: 1 }])
    expect(await names()).toEqual([])
  })

  const refused: readonly [string, NewTopic, KafkaErrorName][] = [
    ['a name that is there', topic('there'), 'TOPIC_ALREADY_EXISTS'],
    ['a name that collides with another one', topic('the_re.is'), 'INVALID_TOPIC_EXCEPTION'],
    ['an empty name', topic(''), 'INVALID_TOPIC_EXCEPTION'],
    ['two dots as a name', topic('..'), 'INVALID_TOPIC_EXCEPTION'],
    ['a name with a slash', topic('../../etc'), 'INVALID_TOPIC_EXCEPTION'],
    ['a name that is too long', topic('x'.repeat(250)), 'INVALID_TOPIC_EXCEPTION'],
    ['no partitions', topic('t', { numPartitions: 0 }), 'INVALID_PARTITIONS'],
    ['more partitions than are allowed', topic('t', { numPartitions: 101 }), 'INVALID_PARTITIONS'],
    ['more replicas than brokers', topic('t', { replicationFactor: 3 }), 'INVALID_REPLICATION_FACTOR'],
    ['no replicas', topic('t', { replicationFactor: 0 }), 'INVALID_REPLICATION_FACTOR'],
    ['a config that there is none of', topic('t', { configs: [{ name: 'a', value: '1' }] }), 'INVALID_CONFIG'],
    ['an inherited name as a config', topic('t', { configs: [{ name: '__proto__', value: '1' }] }), 'INVALID_CONFIG'],
    ['a config without a value', topic('t', { configs: [{ name: 'retention.ms', value: null }] }), 'INVALID_CONFIG'],
    ['a config that is no number', topic('t', { configs: [{ name: 'retention.ms', value: '1d' }] }), 'INVALID_CONFIG'],
    ['a policy that is none', topic('t', { configs: [{ name: 'cleanup.policy', value: 'x' }] }), 'INVALID_CONFIG'],
    [
      'replicas on a broker that there is none of',
      topic('t', {
        numPartitions: -1,
        replicationFactor: -1,
        assignments: [{ partitionIndex: 0, brokerIds: [2] }],
      }),
      'INVALID_REPLICA_ASSIGNMENT',
    ],
    [
      'assignments beside a number of partitions',
      topic('t', { assignments: [{ partitionIndex: 0, brokerIds: [1] }] }),
      'INVALID_REQUEST',
    ],
  ]

  test.each(refused)('%s is refused, and nothing is made', async (_what, wanted, error) => {
    start({ config: { limits: { ...defaultBrokerConfig.limits, partitionsMax: 100 } } })
    await create(topic('there'), topic('the.re_is'))
    const before = await names()
    const [answer] = await create(wanted)
    expect(answer?.errorCode).toBe(kafkaError[error])
    expect(answer?.errorMessage).not.toBe('')
    expect(await names()).toEqual(before)
  })

  test('a name that is given twice is refused, once, and others are made', async () => {
    start()
    const answers = await create(topic('a'), topic('b'), topic('a'))
    expect(answers.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['a', kafkaError.INVALID_REQUEST],
      ['b', 0],
    ])
    expect(await names()).toEqual(['b'])
  })
})

describe('Metadata', () => {
  test('a topic that is not there is unknown, and is not made', async () => {
    start()
    const { topics } = await client.send('Metadata', 9, { topics: [{ name: 't' }] })
    expect(topics).toMatchObject([{ name: 't', errorCode: kafkaError.UNKNOWN_TOPIC_OR_PARTITION, partitions: [] }])
    expect(await names()).toEqual([])
  })

  test('a topic is made when broker and client want that', async () => {
    start({ config: { autoCreateTopics: true, defaultPartitions: 2 } })
    await client.send('Metadata', 9, { topics: [{ name: 'no' }], allowAutoTopicCreation: false })
    const { topics } = await client.send('Metadata', 9, { topics: [{ name: 'yes' }, { name: 'a b' }] })
    expect(topics.map(({ name, errorCode, partitions }) => [name, errorCode, partitions.length])).toEqual([
      ['yes', 0, 2],
      ['a b', kafkaError.INVALID_TOPIC_EXCEPTION, 0],
    ])
    expect(await names()).toEqual(['yes'])
  })

  test('version 0 asks for all topics with an empty list, later ones for none', async () => {
    start()
    await create(topic('t'))
    expect((await client.send('Metadata', 0, { topics: [] })).topics).toHaveLength(1)
    expect((await client.send('Metadata', 1, { topics: [] })).topics).toEqual([])
    expect((await client.send('Metadata', 1, { topics: null })).topics).toHaveLength(1)
  })

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])('version %i can be answered', async (version) => {
    start()
    await create(topic('t'))
    const { topics } = await client.send('Metadata', version, { topics: [{ name: 't' }] })
    expect(topics).toMatchObject([{ name: 't', errorCode: 0 }])
  })
})

describe('DeleteTopics and CreatePartitions', () => {
  test('a deleted topic is gone, and its name can be had again, empty', async () => {
    start()
    await create(topic('t'))
    const { topics: before } = await client.send('Metadata', 9, { topics: null })
    const { responses } = await client.send('DeleteTopics', 5, { topicNames: ['t', 'u'], topics: [], timeoutMs: 1000 })
    expect(responses.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['t', 0],
      ['u', kafkaError.UNKNOWN_TOPIC_OR_PARTITION],
    ])
    expect(await names()).toEqual([])
    expect(await create(topic('t'))).toMatchObject([{ errorCode: 0 }])
    expect(broker.state.topics.partition('t', 0)?.endOffset).toBe(0)
    expect(before).toHaveLength(1)
  })

  test('partitions can be added, not taken away', async () => {
    start()
    await create(topic('t', { numPartitions: 2 }))
    const add = async (name: string, count: number) =>
      (
        await client.send('CreatePartitions', 3, {
          topics: [{ name, count, assignments: null }],
          timeoutMs: 1000,
          validateOnly: false,
        })
      ).results[0]?.errorCode
    expect(await add('t', 5)).toBe(0)
    expect(broker.state.topics.get('t')?.partitions).toHaveLength(5)
    expect(await add('t', 5)).toBe(kafkaError.INVALID_PARTITIONS)
    expect(await add('t', 1)).toBe(kafkaError.INVALID_PARTITIONS)
    expect(await add('u', 5)).toBe(kafkaError.UNKNOWN_TOPIC_OR_PARTITION)
  })
})

describe('DescribeConfigs', () => {
  const described = async (resourceType: number, resourceName: string) => {
    const resources = [{ resourceType, resourceName, configurationKeys: null }]
    const { results } = await client.send('DescribeConfigs', 4, { resources, includeSynonyms: true })
    return new Map(results[0]!.configs.map(({ name, ...config }) => [name, config]))
  }

  test('says where a value comes from and what it hides, of a topic as Kafka does', async () => {
    start()
    await create(topic('t', { configs: [{ name: 'cleanup.policy', value: 'compact' }] }))
    const configs = await described(2, 't')
    const byDefault = { name: 'log.cleanup.policy', value: 'delete', source: 5 }
    expect(configs.get('cleanup.policy')).toMatchObject({
      configSource: 1,
      synonyms: [{ name: 'cleanup.policy', value: 'compact', source: 1 }, byDefault],
    })
    // Brokers have log.retention.hours set, not log.retention.ms.
    expect(configs.get('retention.ms')).toMatchObject({ value: '604800000', configSource: 5, synonyms: [] })
  })

  test('of the broker tells what it was started with from what topics get by default', async () => {
    start({ config: { defaultPartitions: 4 } })
    const configs = await described(4, '1')
    expect(configs.get('num.partitions')).toMatchObject({ value: '4', configSource: 4, readOnly: true })
    expect(configs.get('log.cleanup.policy')).toMatchObject({ value: 'delete', configSource: 5 })
    expect(configs.has('remote.storage.enable')).toBe(false)
  })
})
