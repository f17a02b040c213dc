/* What no client library says: requests one by one, and bytes that are none. */
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, expect, test } from 'vitest'
import { kafkaError } from '../../../src/protocol/kafka-error.ts'
import type { NewRequest } from '../../../src/protocol/messages/messages.ts'
import { encodeRequest } from '../../../src/protocol/messages/request.ts'
import { sentBatch, type SentOptions } from '../../support/broker-batches.ts'
import { BrokerClient } from '../../support/broker-client.ts'
import { newTopic } from './kafkajs-client.ts'
import { unique, type BrokerUnderTest } from './broker-under-test.ts'

export function wireSuite(broker: () => BrokerUnderTest): void {
  const clients: BrokerClient[] = []
  afterEach(() => clients.splice(0).forEach((client) => client.close()))

  const socket = (): Socket => {
    const [host, port] = broker().bootstrap.split(':')
    return connect(Number(port), host)
  }
  const client = (): BrokerClient => {
    const made = new BrokerClient(socket())
    clients.push(made)
    return made
  }

  describe('idempotent producers', () => {
    const producerId = async (to: BrokerClient): Promise<number> => {
      const none = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
      return (await to.send('InitProducerId', 4, none)).producerId
    }
    const produce = async (to: BrokerClient, topic: string, options: SentOptions): Promise<[number, number]> => {
      const records = sentBatch([{ value: 'a' }, { value: 'b' }], options)
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
      const { responses } = await to.send('Produce', 9, { acks: -1, timeoutMs: 10_000, topicData })
      const { errorCode, baseOffset } = responses[0]!.partitionResponses[0]!
      return [errorCode, baseOffset]
    }
    const kept = { 'retention.ms': '-1' }

    test('a batch that comes again is answered as the first time, and stored once', async () => {
      const topic = await newTopic(broker(), 1, kept)
      const to = client()
      const id = await producerId(to)
      const answers: [number, number][] = []
      for (const sequence of [0, 2, 0, 4, 2, 4])
        answers.push(await produce(to, topic, { producerId: id, epoch: 0, sequence }))
      expect(answers).toEqual([0, 2, 0, 4, 2, 4].map((offset) => [0, offset]))
      expect(await produce(to, topic, { producerId: id, epoch: 0, sequence: 6 })).toEqual([0, 6])
    })

    test('a gap, an older epoch, and a batch that is older than the last five are refused', async () => {
      const topic = await newTopic(broker(), 1, kept)
      const to = client()
      const id = await producerId(to)
      for (const sequence of [0, 2, 4, 6, 8, 10]) await produce(to, topic, { producerId: id, epoch: 1, sequence })
      const refusal = async (options: SentOptions): Promise<number> =>
        (await produce(to, topic, { producerId: id, ...options }))[0]
      expect(await refusal({ epoch: 1, sequence: 14 })).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
      expect(await refusal({ epoch: 0, sequence: 12 })).toBe(kafkaError.INVALID_PRODUCER_EPOCH)
      expect(await refusal({ epoch: 1, sequence: 0 })).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
      expect(await refusal({ epoch: 2, sequence: 1 })).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
      expect(await produce(to, topic, { producerId: id, epoch: 2, sequence: 0 })).toEqual([0, 12])
    })

    test('a batch whose checksum is wrong is refused, and the next one taken', async () => {
      const topic = await newTopic(broker(), 1, kept)
      const to = client()
      const records = sentBatch([{ value: 'a' }])
      records[records.length - 1]! ^= 1
      const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }]
      const { responses } = await to.send('Produce', 9, { acks: -1, timeoutMs: 10_000, topicData })
      expect(responses[0]!.partitionResponses[0]!.errorCode).toBe(kafkaError.CORRUPT_MESSAGE)
      expect(await produce(to, topic, {})).toEqual([0, 0])
    })
  })

  describe('static members', () => {
    const join = (to: BrokerClient, groupId: string, memberId: string, groupInstanceId: string | null) =>
      to.send('JoinGroup', 5, {
        groupId,
        sessionTimeoutMs: 10_000,
        rebalanceTimeoutMs: 10_000,
        memberId,
        groupInstanceId,
        protocolType: 'consumer',
        protocols: [{ name: 'range', metadata: Buffer.from([0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]) }],
      })

    test('the second of one id takes over without a rebalance, and the first is fenced', async () => {
      const [groupId, to] = [unique('group'), client()]
      const first = await join(to, groupId, '', 'one')
      expect(first).toMatchObject({ errorCode: 0, generationId: 1, leader: first.memberId })
      const sync = { groupId, generationId: 1, memberId: first.memberId, groupInstanceId: 'one' }
      const assignments = [{ memberId: first.memberId, assignment: Buffer.from('mine') }]
      expect(await to.send('SyncGroup', 3, { ...sync, assignments })).toMatchObject({ errorCode: 0 })
      const second = await join(to, groupId, '', 'one')
      expect(second).toMatchObject({ errorCode: 0, generationId: 1 })
      expect(second.memberId).not.toBe(first.memberId)
      const beat = async (memberId: string): Promise<number> =>
        (await to.send('Heartbeat', 3, { groupId, generationId: 1, memberId, groupInstanceId: 'one' })).errorCode
      expect([await beat(first.memberId), await beat(second.memberId)]).toEqual([kafkaError.FENCED_INSTANCE_ID, 0])
      const own = await to.send('SyncGroup', 3, { ...sync, memberId: second.memberId, assignments: [] })
      expect(own.assignment.toString()).toBe('mine')
      const left = await to.send('LeaveGroup', 3, { groupId, members: [{ memberId: '', groupInstanceId: 'one' }] })
      expect(left).toMatchObject({ errorCode: 0, members: [{ errorCode: 0 }] })
    })

    test('a dynamic member is told its id first (KIP-394)', async () => {
      const [groupId, to] = [unique('group'), client()]
      const told = await join(to, groupId, '', null)
      expect(told.errorCode).toBe(kafkaError.MEMBER_ID_REQUIRED)
      expect(await join(to, groupId, told.memberId, null)).toMatchObject({ errorCode: 0, generationId: 1 })
      expect((await join(to, groupId, 'made-up', null)).errorCode).toBe(kafkaError.UNKNOWN_MEMBER_ID)
    })
  })

  describe('requests that cannot be answered', () => {
    const answersOthers = async (): Promise<void> => {
      const { errorCode, apiKeys } = await client().send('ApiVersions', 3, {
        clientSoftwareName: 'x',
        clientSoftwareVersion: '1',
      })
      expect([errorCode, apiKeys.length > 20]).toEqual([0, true])
    }
    const frame = (...body: number[]): Buffer => {
      const size = Buffer.alloc(4)
      size.writeInt32BE(body.length)
      return Buffer.concat([size, Buffer.from(body)])
    }
    /** Key, version and correlation id, no client id. */
    const header = (key: number, version: number): number[] => [
      key >> 8,
      key & 255,
      version >> 8,
      version & 255,
      0,
      0,
      0,
      7,
      255,
      255,
    ]
    const random = Buffer.from(Array.from({ length: 4_000 }, (_, i) => (i * 7919 + (i >> 3)) & 255))

    const closing: Readonly<Record<string, Buffer>> = {
      'a request that there is none of': frame(...header(9_999, 0)),
      'a version that is too high': frame(...header(3, 99)),
      'a version that is too low': frame(...header(3, -1)),
      'a version that is gone from Kafka 4': frame(...header(1, 0), 0, 0, 0, 0),
      'a request that ends in its header': frame(0, 3, 0),
      'a request that ends in its body': frame(...header(3, 1), 0, 0, 0, 5, 0, 3, 97),
      'an array that is longer than the request': frame(...header(3, 1), 0x7f, 255, 255, 255),
      'a size of zero': frame(),
      'a negative size': Buffer.from([255, 255, 255, 255, 1, 2, 3]),
      'a size that is beyond every limit': Buffer.from([0x7f, 255, 255, 255, 0, 3]),
      HTTP: Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      'TLS, where there is none': Buffer.from('16030100f8010000f40303', 'hex'),
      noise: Buffer.concat([Buffer.from([0, 0, 0, 64]), random]),
    }

    test.each(Object.entries(closing))('%s: closed, and the next client is answered', async (_, bytes) => {
      const stream = socket()
      stream.on('error', () => {})
      const answers: Buffer[] = []
      stream.on('data', (chunk: Buffer) => answers.push(chunk))
      const closed = once(stream, 'close')
      stream.write(bytes)
      await closed
      expect(Buffer.concat(answers)).toHaveLength(0)
      await answersOthers()
    })

    test('half of a request, then nothing: others are answered, before and after it ends', async () => {
      const stream = socket()
      stream.on('error', () => {})
      const bytes = encodeRequest({ api: 'Metadata', version: 4, correlationId: 1, clientId: 'x' }, {
        topics: null,
        allowAutoTopicCreation: false,
      } as NewRequest<'Metadata'>)
      stream.write(Buffer.concat(bytes).subarray(0, 9))
      await answersOthers()
      const closed = once(stream, 'close')
      stream.end()
      await closed
      await answersOthers()
    })

    test('ApiVersions in a version that is too high is answered in version 0, with what is known (KIP-511)', async () => {
      const answer = await client().sendBytes(frame(...header(18, 99), 0))
      expect(answer.readInt32BE(0)).toBe(7)
      expect(answer.readInt16BE(4)).toBe(kafkaError.UNSUPPORTED_VERSION)
      expect(answer.readInt32BE(6)).toBeGreaterThanOrEqual(1)
      expect(answer.readInt16BE(10)).toBe(18)
    })

    test('requests in one packet are answered in their order', async () => {
      const to = client()
      const answers = Array.from({ length: 20 }, () =>
        to.send('Metadata', 4, { topics: [], allowAutoTopicCreation: false }),
      )
      expect(await Promise.all(answers)).toHaveLength(20)
    })
  })
}
