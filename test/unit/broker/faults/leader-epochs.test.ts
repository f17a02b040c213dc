/* What a client learns of a log that was cut off and written anew, by leader epochs (KIP-101, KIP-320, KIP-595). */
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Broker } from '../../../../src/broker/broker.ts'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import type { NewRequest, ResponseOf } from '../../../../src/protocol/messages/messages.ts'
import type { BrokerClient } from '../../../support/broker-client.ts'
import { readRecords, storedTexts, textsOf } from '../../../support/record-batches.ts'
import { connectTo, newTestBroker } from '../../../support/test-broker.ts'

const topic = 't'
let broker: Broker
let client: BrokerClient

beforeEach(async () => {
  broker = newTestBroker()
  broker.control.createTopic({ name: topic, configs: { 'retention.ms': '-1' } })
  client = connectTo(broker)
  for (const text of ['a', 'b', 'c', 'd']) await produce(text)
})
afterEach(() => broker.close())

async function produce(text: string): Promise<void> {
  const topicData = [{ name: topic, partitionData: [{ index: 0, records: storedTexts([text]) }] }]
  const { responses } = await client.send('Produce', 9, { acks: -1, topicData })
  expect(responses[0]?.partitionResponses[0]?.errorCode).toBe(0)
}

type Wanted = NewRequest<'Fetch'>['topics'][number]['partitions'][number]
type Fetched = ResponseOf<'Fetch'>['responses'][number]['partitions'][number]

async function fetch(wanted: Pick<Wanted, 'fetchOffset'> & Partial<Wanted>, maxWaitMs = 0): Promise<Fetched> {
  const partition = { partition: 0, currentLeaderEpoch: -1, lastFetchedEpoch: -1, partitionMaxBytes: 10_000, ...wanted }
  const topics = [{ topic, partitions: [partition] }]
  return (await client.send('Fetch', 12, { maxWaitMs, minBytes: 1, topics })).responses[0]!.partitions[0]!
}

test('who has read further than the log is now is out of range; who believes in the old leader is fenced', async () => {
  broker.control.truncate({ topic, partition: 0, offset: 2 })
  expect((await fetch({ fetchOffset: 4 })).errorCode).toBe(kafkaError.OFFSET_OUT_OF_RANGE)
  expect((await fetch({ fetchOffset: 2, currentLeaderEpoch: 0 })).errorCode).toBe(kafkaError.FENCED_LEADER_EPOCH)
  expect((await fetch({ fetchOffset: 2, currentLeaderEpoch: 2 })).errorCode).toBe(kafkaError.UNKNOWN_LEADER_EPOCH)
  expect((await fetch({ fetchOffset: 2, currentLeaderEpoch: 1 })).errorCode).toBe(0)
})

test('who says what it has read last is told where the logs part, and gets no records', async () => {
  broker.control.truncate({ topic, partition: 0, offset: 2 })
  for (const text of ['C', 'D', 'E']) await produce(text)
  const parted = await fetch({ fetchOffset: 4, lastFetchedEpoch: 0 })
  expect(parted).toMatchObject({ errorCode: 0, divergingEpoch: { epoch: 0, endOffset: 2 }, highWatermark: 5 })
  expect(parted.records).toHaveLength(0)
  const together = await fetch({ fetchOffset: 2, lastFetchedEpoch: 0 })
  expect(together.divergingEpoch).toEqual({ epoch: -1, endOffset: -1 })
  expect(textsOf(readRecords(together.records!, 2))).toEqual(['C', 'D', 'E'])
})

test('OffsetForLeaderEpoch says where an epoch ended, after the log was cut off', async () => {
  broker.control.truncate({ topic, partition: 0, offset: 2 })
  await produce('C')
  const endOf = async (leaderEpoch: number): Promise<unknown> => {
    const topics = [{ topic, partitions: [{ partition: 0, currentLeaderEpoch: 1, leaderEpoch }] }]
    return (await client.send('OffsetForLeaderEpoch', 4, { topics })).topics[0]?.partitions[0]
  }
  expect(await endOf(0)).toMatchObject({ errorCode: 0, leaderEpoch: 0, endOffset: 2 })
  expect(await endOf(1)).toMatchObject({ errorCode: 0, leaderEpoch: 1, endOffset: 3 })
})

test('a fetch that waits ends when the leader moves', async () => {
  const waiting = fetch({ fetchOffset: 4, currentLeaderEpoch: 0 }, 600_000)
  await connectTo(broker).send('ApiVersions', 0, {})
  broker.control.moveLeader({ topic, partition: 0 })
  expect((await waiting).errorCode).toBe(kafkaError.FENCED_LEADER_EPOCH)
})
