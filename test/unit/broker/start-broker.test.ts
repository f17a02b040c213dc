import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker, type EmbeddedBroker, type StartBrokerOptions } from 'millrace/testing'
import { afterEach, describe, expect, test } from 'vitest'
import { kafkaError } from '../../../src/protocol/kafka-error.ts'
import { BrokerClient } from '../../support/broker-client.ts'

const brokers: EmbeddedBroker[] = []
const clients: BrokerClient[] = []
const folders: string[] = []

async function started(options: StartBrokerOptions & { readonly inProcess?: false } = {}): Promise<EmbeddedBroker> {
  const broker = await startBroker(options)
  brokers.push(broker)
  return broker
}

function connectTo({ port, host }: EmbeddedBroker): BrokerClient {
  const client = new BrokerClient(connect(port, host))
  clients.push(client)
  return client
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-broker-'))
  folders.push(folder)
  return folder
}

afterEach(async () => {
  for (const client of clients.splice(0)) client.close()
  await Promise.all(brokers.splice(0).map((broker) => broker.stop()))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
})

const topicsOf = async (broker: EmbeddedBroker): Promise<unknown[]> => {
  const { topics } = await connectTo(broker).send('Metadata', 9, { topics: null })
  return topics.map(({ name, partitions }) => [name, partitions.length])
}

describe('a broker in a thread of its own', () => {
  test('has the topics that were asked for, can be given more, and is gone when it is stopped', async () => {
    const broker = await started({ topics: ['a', { name: 'b', partitions: 3 }], partitions: 2 })
    await broker.createTopic({ name: 'c', partitions: 1, configs: { 'cleanup.policy': 'compact' } })
    expect(await topicsOf(broker)).toEqual([
      ['a', 2],
      ['b', 3],
      ['c', 1],
    ])
    await broker.deleteTopic('b')
    expect(await topicsOf(broker)).toEqual([
      ['a', 2],
      ['c', 1],
    ])
    await broker.stop()
    await broker.stop()
    await expect(connectTo(broker).send('Metadata', 9, {})).rejects.toThrow('closed')
    await expect(broker.createTopic({ name: 'd' })).rejects.toThrow('the broker has been stopped')
  })

  test('what cannot be done is an error that says why', async () => {
    const broker = await started({ topics: ['a'] })
    await expect(broker.createTopic({ name: 'a' })).rejects.toThrow("Topic 'a' already exists.")
    await expect(broker.createTopic({ name: 'a b' })).rejects.toThrow('Topic name is invalid')
    await expect(broker.deleteTopic('nothing')).rejects.toThrow('does not host')
    await expect(started({ port: broker.port })).rejects.toThrow(`port ${broker.port} of 127.0.0.1 is in use`)
  })

  test('topics, configs and the cluster id survive in a folder; two brokers do not share one', async () => {
    const data = newFolder()
    const first = await started({ data, topics: [{ name: 'a', partitions: 2, configs: { 'retention.ms': '1000' } }] })
    const clusterOf = async (broker: EmbeddedBroker): Promise<string | null> =>
      (await connectTo(broker).send('Metadata', 9, { topics: [] })).clusterId
    const cluster = await clusterOf(first)
    await first.createTopic({ name: 'gone' })
    await first.deleteTopic('gone')
    await expect(started({ data })).rejects.toThrow('in use')
    await first.stop()
    const second = await started({ data, topics: ['a', 'b'] })
    expect(await clusterOf(second)).toBe(cluster)
    expect(await topicsOf(second)).toEqual([
      ['a', 2],
      ['b', 1],
    ])
    const { results } = await connectTo(second).send('DescribeConfigs', 4, {
      resources: [{ resourceType: 2, resourceName: 'a', configurationKeys: ['retention.ms'] }],
    })
    expect(results[0]?.configs).toMatchObject([{ name: 'retention.ms', value: '1000', configSource: 1 }])
  })
})

describe('faults', () => {
  const metadata = { topics: [{ name: 'a' }] }

  test('a request is answered with an error as often as asked, after those that were let through', async () => {
    const broker = await started({ topics: ['a'] })
    await broker.faults.inject({ api: 'Metadata', error: 'UNKNOWN_TOPIC_OR_PARTITION', skip: 1, times: 2 })
    const client = connectTo(broker)
    const codes: (number | undefined)[] = []
    for (let i = 0; i < 4; i++) codes.push((await client.send('Metadata', 9, metadata)).topics[0]?.errorCode)
    expect(codes).toEqual([0, 3, 3, 0])
  })

  test('a request of one client alone meets it', async () => {
    const broker = await started({ topics: ['a'] })
    await broker.faults.inject({ api: 'Metadata', error: 'NOT_CONTROLLER', clientId: 'me', times: Infinity })
    const client = connectTo(broker)
    const code = async (clientId: string): Promise<number | undefined> =>
      (await client.send('Metadata', 9, metadata, clientId)).topics[0]?.errorCode
    expect([await code('you'), await code('me'), await code('me')]).toEqual([0, 41, 41])
    await broker.faults.clear()
    expect(await code('me')).toBe(0)
  })

  test('an answer is lost although all was done', async () => {
    const broker = await started()
    await broker.faults.inject({ api: 'CreateTopics', lose: 'answer' })
    await broker.faults.inject({ api: 'CreateTopics', lose: 'request' })
    for (const name of ['done', 'undone']) {
      const client = connectTo(broker)
      const topics = [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
      await expect(client.send('CreateTopics', 5, { topics })).rejects.toThrow('closed')
    }
    expect(await topicsOf(broker)).toEqual([['done', 1]])
  })

  test('connections of one client are dropped, or all', async () => {
    const broker = await started({ topics: ['a'] })
    const [me, you] = [connectTo(broker), connectTo(broker)]
    await me.send('Metadata', 9, metadata, 'me')
    await you.send('Metadata', 9, metadata, 'you')
    expect(await broker.faults.dropConnections('me')).toBe(1)
    await me.closed
    await you.send('Metadata', 9, metadata, 'you')
    expect(await broker.faults.dropConnections()).toBe(1)
    await you.closed
  })

  test('a partition has another leader epoch, and nobody leads it for a while', async () => {
    const broker = await started({ topics: ['a'] })
    const client = connectTo(broker)
    const leader = async (): Promise<unknown> => (await client.send('Metadata', 9, metadata)).topics[0]?.partitions[0]
    expect(await leader()).toMatchObject({ errorCode: 0, leaderId: 1, leaderEpoch: 0 })
    await broker.faults.moveLeader({ topic: 'a', partition: 0, withoutLeaderMs: 3_600_000 })
    expect(await leader()).toMatchObject({ errorCode: kafkaError.LEADER_NOT_AVAILABLE, leaderId: -1 })
    await broker.faults.clear()
    expect(await leader()).toMatchObject({ errorCode: 0, leaderId: 1, leaderEpoch: 1 })
    await expect(broker.faults.moveLeader({ topic: 'a', partition: 7 })).rejects.toThrow('there is no partition a-7')
  })
})
