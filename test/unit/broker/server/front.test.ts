import { connect, type Socket } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, describe, expect, test } from 'vitest'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import type { Broker } from '../../../../src/broker/broker.ts'
import { handlers } from '../../../../src/broker/handlers/handlers.ts'
import { encodeRequest } from '../../../../src/protocol/messages/request.ts'
import { BrokerClient } from '../../../support/broker-client.ts'
import { connectTo, newTestBroker, PlannedBug } from '../../../support/test-broker.ts'

const brokers: Broker[] = []

function started(...options: Parameters<typeof newTestBroker>): Broker {
  const broker = newTestBroker(...options)
  brokers.push(broker)
  return broker
}

afterEach(async () => {
  await Promise.all(brokers.splice(0).map((broker) => broker.close()))
})

const requestBytes = (...args: Parameters<typeof encodeRequest>): Buffer => Buffer.concat(encodeRequest(...args))
const apiVersionsRequest = (version: number): Buffer =>
  requestBytes(
    { api: 'ApiVersions', version, correlationId: 7, clientId: 'x' },
    { clientSoftwareName: 'x', clientSoftwareVersion: '1' },
  )

/** A request's header, as it stands in no table. */
function unknownRequest(apiKey: number, version: number): Buffer {
  const bytes = Buffer.alloc(14)
  bytes.writeInt32BE(10, 0)
  bytes.writeInt16BE(apiKey, 4)
  bytes.writeInt16BE(version, 6)
  bytes.writeInt32BE(1, 8)
  bytes.writeInt16BE(-1, 12)
  return bytes
}

describe('ApiVersions', () => {
  test.each([0, 1, 2, 3])(
    'version %i lists what is served, Produce from 0 as Kafka does (KAFKA-18659)',
    async (version) => {
      const answer = await connectTo(started()).send('ApiVersions', version, {})
      expect(answer.errorCode).toBe(0)
      expect(answer.finalizedFeatures).toEqual([])
      expect(answer.apiKeys).toContainEqual({ apiKey: 3, minVersion: 0, maxVersion: 9 })
      expect(answer.apiKeys.map(({ apiKey }) => apiKey)).toEqual(expect.arrayContaining([17, 18, 36]))
    },
  )

  test('a version that is not served is answered in version 0 with error 35 and the range (KIP-511)', async () => {
    const client = connectTo(started())
    for (const version of [4, 99]) {
      const bytes = apiVersionsRequest(3)
      bytes.writeInt16BE(version, 6)
      const answer = await client.sendBytes(bytes)
      // correlation id 7, error 35, one entry: key 18, 0 to 3; nothing behind it
      expect(answer.toString('hex')).toBe('00000007' + '0023' + '00000001' + '001200000003')
    }
    expect((await client.send('ApiVersions', 3, {})).errorCode).toBe(0)
  })
})

describe('what is no request', () => {
  const garbage: Readonly<Record<string, Buffer>> = {
    'an API that there is none of': unknownRequest(999, 0),
    'a version that is not served': unknownRequest(3, 30),
    'a negative size': Buffer.from('ffffffff', 'hex'),
    'a size beyond the maximum': Buffer.from('7fffffff', 'hex'),
    'a TLS greeting': Buffer.from('16030100a5010000a10303', 'hex'),
    'an HTTP request': Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    'a size of nothing': Buffer.from('00000000', 'hex'),
    'a body that is cut off': Buffer.concat([Buffer.from('0000000a', 'hex'), apiVersionsRequest(3).subarray(4, 14)]),
    'bytes that are left over': Buffer.concat([
      Buffer.from([0, 0, 0, apiVersionsRequest(0).length - 4 + 3]),
      apiVersionsRequest(0).subarray(4),
      Buffer.from('abc'),
    ]),
  }

  test.each(Object.keys(garbage))('%s closes this connection and no other', async (what) => {
    const broker = started()
    const other = connectTo(broker)
    const client = connectTo(broker)
    client.stream.write(garbage[what])
    await client.closed
    expect((await other.send('ApiVersions', 3, {})).errorCode).toBe(0)
  })

  test('what stands before it is answered', async () => {
    const client = connectTo(started())
    const answer = client.sendBytes(Buffer.concat([apiVersionsRequest(0), unknownRequest(999, 0)]))
    expect((await answer).readInt32BE(0)).toBe(7)
    await client.closed
  })
})

describe('requests and answers', () => {
  test('a request may come byte by byte', async () => {
    const client = connectTo(started())
    const bytes = apiVersionsRequest(2)
    const answer = client.sendBytes(bytes.subarray(0, 1))
    for (const byte of bytes.subarray(1)) client.stream.write(Buffer.from([byte]))
    expect((await answer).readInt32BE(0)).toBe(7)
  })

  test('many at once are answered in their order, also when the first ones take longest', async () => {
    const releases: (() => void)[] = []
    const waiting: typeof handlers = {
      ...handlers,
      Metadata: async () => {
        await new Promise<void>((resolve) => releases.push(resolve))
        return { brokers: [], topics: [] }
      },
    }
    const broker = started({ handlers: waiting })
    const client = connectTo(broker)
    const order: string[] = []
    const slow = client.send('Metadata', 5, { topics: [] }).then(() => order.push('slow'))
    const quick = client.send('ApiVersions', 3, {}).then(() => order.push('quick'))
    expect((await connectTo(broker).send('ApiVersions', 3, {})).errorCode).toBe(0)
    expect(order).toEqual([])
    releases[0]!()
    await Promise.all([slow, quick])
    expect(order).toEqual(['slow', 'quick'])
  })

  test('a handler that waits learns that its connection is gone', async () => {
    let called = (): void => {}
    const waits = new Promise<void>((resolve) => (called = resolve))
    let ended = (): void => {}
    const gone = new Promise<void>((resolve) => (ended = resolve))
    const broker = started({
      handlers: {
        ...handlers,
        Metadata: async (_request, { signal }) => {
          signal.addEventListener('abort', ended)
          called()
          await gone
          return null
        },
      },
    })
    const client = connectTo(broker)
    const answer = client.send('Metadata', 5, { topics: [] })
    await waits
    client.close()
    await expect(answer).rejects.toThrow('closed')
    await gone
  })

  test('a handler that throws is answered with UNKNOWN_SERVER_ERROR, and the broker goes on', async () => {
    const broker = started({
      handlers: {
        ...handlers,
        CreateTopics: () => {
          throw new PlannedBug()
        },
      },
    })
    const client = connectTo(broker)
    const topics = [{ name: 't', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }]
    const answer = await client.send('CreateTopics', 5, { topics })
    expect(answer.topics).toMatchObject([{ name: 't', errorCode: kafkaError.UNKNOWN_SERVER_ERROR }])
    expect((await client.send('Metadata', 5, { topics: null })).topics).toEqual([])
  })
})

describe('TCP', () => {
  test('clients are told the address that they connected to', async () => {
    const broker = started()
    await broker.listen({ host: '127.0.0.1', port: 0 })
    const { host, port } = broker.address
    const client = new BrokerClient(connect(port, host))
    const { brokers: nodes, controllerId } = await client.send('Metadata', 9, { topics: null })
    expect(nodes).toEqual([{ nodeId: 1, host: '127.0.0.1', port, rack: null }])
    expect(controllerId).toBe(1)
    client.close()
  })

  test('a port that is in use is an error that says so', async () => {
    const broker = started()
    await broker.listen({ host: '127.0.0.1', port: 0 })
    await expect(started().listen({ host: '127.0.0.1', port: broker.address.port })).rejects.toThrow(
      `port ${broker.address.port} of 127.0.0.1 is in use`,
    )
  })
})

describe('KafkaJS without a network', () => {
  test('its admin client creates topics, lists and deletes them', async () => {
    const broker = started()
    const kafka = new Kafka({
      brokers: ['in-process:9092'],
      logLevel: logLevel.NOTHING,
      socketFactory: ({ onConnect }) => {
        const end = broker.connect()
        setImmediate(onConnect)
        return end as unknown as Socket
      },
    })
    const admin = kafka.admin()
    await admin.connect()
    await admin.createTopics({ topics: [{ topic: 'a', numPartitions: 2 }, { topic: 'b' }] })
    expect((await admin.listTopics()).toSorted()).toEqual(['a', 'b'])
    await admin.createPartitions({ topicPartitions: [{ topic: 'b', count: 3 }] })
    await admin.deleteTopics({ topics: ['a'] })
    const { topics } = await admin.fetchTopicMetadata()
    expect(topics.map(({ name, partitions }) => [name, partitions.length])).toEqual([['b', 3]])
    expect(await admin.describeCluster()).toMatchObject({ controller: 1, brokers: [{ nodeId: 1, port: 9092 }] })
    await admin.disconnect()
  })
})
