/* The producer on a transport whose answers a test gives: which numbers go out, and what becomes of each answer. */
import { expect, test } from 'vitest'
import { ConnectionError } from '../../../src/client/broker-errors.ts'
import { clientProducer } from '../../../src/client/producer.ts'
import type { Transport } from '../../../src/client/transport.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { kafkaError, type KafkaErrorName } from '../../../src/protocol/kafka-error.ts'
import type { RequestOf, ResponseOf } from '../../../src/protocol/messages/messages.ts'
import { BatchHeader } from '../../../src/protocol/records/batch-header.ts'
import type { ProducerOptions, ProducerPort } from '../../../src/runtime/port.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'

/** A batch that went out, by its identity, and how its request is answered. */
interface Sent {
  readonly epoch: number
  readonly sequence: number
  answer(error: KafkaErrorName): void
  lose(): void
}

interface Rig {
  readonly clock: SimulatedClock
  readonly producer: ProducerPort
  readonly sent: Sent[]
  readonly failed: Error[]
  /** A record, which makes a batch. */
  batch(): void
  /** Until so many batches have gone out. */
  went(count: number): Promise<void>
}

async function rig(options: Partial<ProducerOptions> = {}): Promise<Rig> {
  const clock = new SimulatedClock()
  const sent: Sent[] = []
  const client = { clock, random: seededRandom(1), clientId: 'test', requestTimeoutMs: 30_000 }
  const producer = clientProducer(
    { ...client, openTransport: () => transportTo(sent) },
    {
      clientId: 'test',
      compression: 'none',
      lingerMs: 0,
      batchBytes: 1,
      bufferedBytesMax: 1e6,
      deliveryTimeoutMs: 120_000,
      ...options,
    },
  )
  await clock.settle(producer.connect())
  const failed: Error[] = []
  const batch = (): void => {
    const record = {
      topic: 't',
      partition: 0,
      key: Buffer.from('k'),
      value: Buffer.from('v'),
      timestamp: 1,
      headers: [],
    }
    producer.send(record, (_, error) => failed.push(error))
  }
  const went = (count: number): Promise<void> => clock.runUntil(() => sent.length >= count)
  return { clock, producer, sent, failed, batch, went }
}

function transportTo(sent: Sent[]): Transport {
  const answers: Record<string, (request: never) => unknown> = {
    InitProducerId: () => ({ errorCode: 0, producerId: 7, producerEpoch: 0 }),
    Metadata: () => ({
      brokers: [{ nodeId: 1, host: 'one', port: 1 }],
      controllerId: 1,
      topics: [
        {
          name: 't',
          errorCode: 0,
          topicId: 'id',
          partitions: [{ partitionIndex: 0, errorCode: 0, leaderId: 1, leaderEpoch: 0 }],
        },
      ],
    }),
    Produce: (request: RequestOf<'Produce'>) =>
      new Promise((resolve, reject) => {
        const header = new BatchHeader(request.topicData[0]!.partitionData[0]!.records!, 0)
        sent.push({
          epoch: header.producerEpoch,
          sequence: header.firstSequence,
          answer: (error) => resolve(produced(error)),
          lose: () => reject(new ConnectionError('lost')),
        })
      }),
  }
  return {
    addresses: ['one:1'],
    connect: async () => {},
    send: async (_node, api, request) => answers[api]!(request as never) as never,
    versionOf: () => 0,
    learn: () => {},
    close: async () => {},
  }
}

function produced(error: KafkaErrorName): Pick<ResponseOf<'Produce'>, 'responses'> {
  const partition = { index: 0, errorCode: kafkaError[error], baseOffset: 0, errorMessage: null }
  return { responses: [{ name: 't', partitionResponses: [partition] }] } as never
}

const numbers = (sent: readonly Sent[]): unknown => sent.map(({ epoch, sequence }) => [epoch, sequence])

test('the first batch goes alone, as the broker takes any number before it knows the producer; then five are under way', async () => {
  const { clock, sent, batch, went } = await rig()
  for (let i = 0; i < 9; i++) batch()
  await went(1)
  await clock.advance(100)
  expect(numbers(sent)).toEqual([[0, 0]])
  sent[0]!.answer('NONE')
  await went(6)
  await clock.advance(100)
  expect(numbers(sent)).toEqual([0, 1, 2, 3, 4, 5].map((sequence) => [0, sequence]))
})

test('what has failed goes again one by one under the numbers that it had, and then five at a time again', async () => {
  const { clock, sent, batch, went, failed } = await rig()
  batch()
  await went(1)
  sent[0]!.answer('NONE')
  for (let i = 0; i < 6; i++) batch()
  await went(6)
  sent[1]!.answer('NOT_LEADER_OR_FOLLOWER')
  for (const i of [2, 3, 4, 5]) sent[i]!.answer('OUT_OF_ORDER_SEQUENCE_NUMBER')
  await went(7)
  await clock.advance(2_000)
  expect(numbers(sent.slice(6))).toEqual([[0, 1]])
  for (const i of [6, 7, 8, 9, 10]) {
    sent[i]!.answer('NONE')
    await went(i + 2)
  }
  expect(numbers(sent.slice(6))).toEqual([1, 2, 3, 4, 5, 6].map((sequence) => [0, sequence]))
  expect(failed).toEqual([])
})

test('a batch that the broker has already is acknowledged', async () => {
  const { clock, producer, sent, batch, went, failed } = await rig()
  batch()
  await went(1)
  sent[0]!.lose()
  await went(2)
  sent[1]!.answer('DUPLICATE_SEQUENCE_NUMBER')
  await clock.settle(producer.flush())
  expect(numbers(sent)).toEqual([
    [0, 0],
    [0, 0],
  ])
  expect(failed).toEqual([])
})

for (const error of ['OUT_OF_ORDER_SEQUENCE_NUMBER', 'UNKNOWN_PRODUCER_ID'] as const) {
  test(`${error} for the first that waits: all that wait are numbered anew under the next epoch, once none is under way`, async () => {
    const { clock, sent, batch, went } = await rig()
    batch()
    await went(1)
    sent[0]!.answer('NONE')
    for (let i = 0; i < 3; i++) batch()
    await went(4)
    sent[1]!.answer(error)
    sent[2]!.answer(error)
    await clock.advance(2_000)
    expect(sent).toHaveLength(4)
    sent[3]!.answer('OUT_OF_ORDER_SEQUENCE_NUMBER')
    await went(5)
    sent[4]!.answer('NONE')
    await went(6)
    sent[5]!.answer('NONE')
    await went(7)
    expect(numbers(sent.slice(4))).toEqual([
      [1, 0],
      [1, 1],
      [1, 2],
    ])
  })
}

test('a batch that was given up leaves its numbers behind: the next one is sent under its own, and anew when it is refused', async () => {
  const { sent, batch, went, failed } = await rig()
  batch()
  await went(1)
  sent[0]!.answer('NONE')
  batch()
  batch()
  await went(3)
  sent[1]!.answer('INVALID_RECORD')
  sent[2]!.answer('OUT_OF_ORDER_SEQUENCE_NUMBER')
  await went(4)
  sent[3]!.answer('OUT_OF_ORDER_SEQUENCE_NUMBER')
  await went(5)
  expect(numbers(sent.slice(3))).toEqual([
    [0, 2],
    [1, 0],
  ])
  expect(failed.map(({ message }) => message)).toEqual([expect.stringContaining('INVALID_RECORD')])
})

test('a record that is too large alone is named, with its topic and partition', async () => {
  const { clock, producer, sent, batch, went, failed } = await rig()
  batch()
  await went(1)
  sent[0]!.answer('MESSAGE_TOO_LARGE')
  await clock.settle(producer.flush())
  expect(failed).toMatchObject([
    { topic: 't', partition: 0, message: expect.stringMatching(/with the key 'k' for t-0/) },
  ])
})

test('what lingers behind a batch that is under way past its delivery time-out waits for its own time', async () => {
  const { clock, sent, batch, went } = await rig({ lingerMs: 5, batchBytes: 1_000, deliveryTimeoutMs: 1_000 })
  for (let i = 0; i < 3; i++) {
    batch()
    await went(i + 1)
    if (i === 0) sent[0]!.answer('NONE')
  }
  await clock.advance(2_000)
  batch()
  sent[2]!.answer('NONE')
  await went(4)
  expect(numbers(sent.slice(3))).toEqual([[0, 3]])
})
