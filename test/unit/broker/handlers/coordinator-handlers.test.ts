import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Broker } from '../../../../src/broker/broker.ts'
import { isServed } from '../../../../src/broker/handlers/served-versions.ts'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import type { ApiName, NewRequest } from '../../../../src/protocol/messages/messages.ts'
import type { BrokerClient } from '../../../support/broker-client.ts'
import { connectTo, newTestBroker } from '../../../support/test-broker.ts'

let broker: Broker
let client: BrokerClient

beforeEach(() => {
  broker = newTestBroker({ config: { groupSessionTimeoutMinMs: 100 } })
  broker.state.topics.create({ name: 't', partitions: 2 })
  client = connectTo(broker)
})

afterEach(() => broker.close())

const versionsOf = (api: ApiName): number[] =>
  Array.from({ length: 20 }, (_, version) => version).filter((version) => isServed(api, version))

const offset = { partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: -1, committedMetadata: 'm' }
const offsets = [{ name: 't', partitions: [offset] }]
const partition = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]
const asked = [{ name: 't', partitionIndexes: [0] }]
const joining = {
  groupId: 'g',
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 10_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
}

/** What is sent in each version; what one cannot say is left out. */
const bodies: { readonly [A in ApiName]?: (version: number) => Partial<NewRequest<A>> } = {
  FindCoordinator: (version) => (version < 4 ? { key: 'g' } : { coordinatorKeys: ['g', 'h'] }),
  // The first to join does not come again when the second one does: it is not waited for long.
  JoinGroup: () => ({ ...joining, sessionTimeoutMs: 200, rebalanceTimeoutMs: 200 }),
  SyncGroup: () => ({ groupId: 'g', generationId: 1, memberId: 'm' }),
  Heartbeat: () => ({ groupId: 'g', generationId: 1, memberId: 'm' }),
  LeaveGroup: (version) =>
    version < 3
      ? { groupId: 'g', memberId: 'm' }
      : { groupId: 'g', members: [{ memberId: 'm', groupInstanceId: null }] },
  OffsetCommit: () => ({ groupId: 'g', generationIdOrMemberEpoch: -1, topics: offsets }),
  OffsetFetch: (version) =>
    version < 8
      ? { groupId: 'g', topics: asked }
      : {
          groups: [
            { groupId: 'g', topics: asked },
            { groupId: 'h', topics: null },
          ],
        },
  DescribeGroups: () => ({ groups: ['g', 'h'] }),
  ListGroups: () => ({}),
  DeleteGroups: () => ({ groupsNames: ['g', 'h'] }),
  OffsetDelete: () => ({ groupId: 'g', topics: partition }),
  InitProducerId: () => ({ transactionalId: 'x', transactionTimeoutMs: 1_000, producerId: -1, producerEpoch: -1 }),
  AddPartitionsToTxn: () => ({
    transactionalId: 'x',
    producerId: 0,
    producerEpoch: 0,
    topics: [{ name: 't', partitions: [0] }],
  }),
  AddOffsetsToTxn: () => ({ transactionalId: 'x', producerId: 0, producerEpoch: 0, groupId: 'g' }),
  TxnOffsetCommit: () => ({
    transactionalId: 'x',
    groupId: 'g',
    producerId: 0,
    producerEpoch: 0,
    generationId: -1,
    topics: offsets,
  }),
  EndTxn: () => ({ transactionalId: 'x', producerId: 0, producerEpoch: 0, committed: true }),
  DescribeTransactions: () => ({ transactionalIds: ['x', 'y', ''] }),
  ListTransactions: () => ({}),
  DescribeProducers: () => ({ topics: [{ name: 't', partitionIndexes: [0, 9] }] }),
}

async function initProducer() {
  const { producerId, producerEpoch } = await client.send('InitProducerId', 4, {
    transactionalId: 'x',
    transactionTimeoutMs: 1_000,
    producerId: -1,
    producerEpoch: -1,
  })
  return { transactionalId: 'x', producerId, producerEpoch }
}

describe('every version that is served', () => {
  const rows = (Object.keys(bodies) as ApiName[]).flatMap((api) =>
    versionsOf(api).map((version) => [api, version] as const),
  )

  test.each(rows)('%s, version %i, can say yes and no', async (api, version) => {
    const body = (bodies[api] as (version: number) => object)(version)
    // Nothing is there: refusals. Then with a group, its offset and a transaction.
    await client.send(api, version, body)
    await client.send('OffsetCommit', 8, { groupId: 'g', generationIdOrMemberEpoch: -1, topics: offsets })
    await initProducer()
    await client.send('AddOffsetsToTxn', 3, { transactionalId: 'x', producerId: 0, producerEpoch: 0, groupId: 'g' })
    const answer = await client.send(api, version, body)
    expect(JSON.stringify(answer)).not.toContain(`"errorCode":${kafkaError.UNKNOWN_SERVER_ERROR},`)
  })
})

describe('who has been fenced', () => {
  test('is told so in versions that know it, and that its epoch is wrong in those before (KIP-588)', async () => {
    const init = { transactionalId: 'x', transactionTimeoutMs: 1_000, producerId: -1, producerEpoch: -1 }
    const old = await client.send('InitProducerId', 4, init)
    await client.send('InitProducerId', 4, init)
    const { producerId, producerEpoch } = old
    const end = (version: number) =>
      client.send('EndTxn', version, { transactionalId: 'x', producerId, producerEpoch, committed: true })
    expect((await end(1)).errorCode).toBe(kafkaError.INVALID_PRODUCER_EPOCH)
    expect((await end(2)).errorCode).toBe(kafkaError.PRODUCER_FENCED)
    const again = (version: number) => client.send('InitProducerId', version, { ...init, producerId, producerEpoch })
    expect((await again(3)).errorCode).toBe(kafkaError.INVALID_PRODUCER_EPOCH)
    expect((await again(4)).errorCode).toBe(kafkaError.PRODUCER_FENCED)
    expect((await client.send('InitProducerId', 4, { ...init, producerId })).errorCode).toBe(kafkaError.INVALID_REQUEST)
  })
})

describe('groups', () => {
  test('one that there is none of is dead, and from version 6 on an error too (KIP-1043)', async () => {
    const described = async (version: number) =>
      (await client.send('DescribeGroups', version, { groups: ['g'] })).groups[0]
    expect(await described(5)).toMatchObject({ errorCode: 0, groupState: 'Dead' })
    expect(await described(6)).toMatchObject({
      errorCode: kafkaError.GROUP_ID_NOT_FOUND,
      errorMessage: 'Group g not found.',
      groupState: 'Dead',
    })
  })

  test('are listed by state and by type, in whatever case', async () => {
    await client.send('OffsetCommit', 8, { groupId: 'g', generationIdOrMemberEpoch: -1, topics: offsets })
    const listed = async (filters: object) =>
      (await client.send('ListGroups', 5, filters)).groups.map(({ groupId, groupType }) => [groupId, groupType])
    expect(await listed({ statesFilter: ['empty'], typesFilter: ['CLASSIC'] })).toEqual([['g', 'classic']])
    expect(await listed({ statesFilter: ['Stable'] })).toEqual([])
    expect(await listed({ typesFilter: ['consumer'] })).toEqual([])
  })
})

describe('offsets', () => {
  test('of a partition that is not there, or with too much beside them, are refused, and the others taken', async () => {
    const partitions = [
      { ...offset, committedMetadata: 'x'.repeat(4_097) },
      { ...offset, partitionIndex: 1, committedMetadata: null },
      { ...offset, partitionIndex: 2 },
    ]
    const { topics } = await client.send('OffsetCommit', 8, {
      groupId: 'g',
      generationIdOrMemberEpoch: -1,
      topics: [{ name: 't', partitions }],
    })
    expect(topics[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([
      kafkaError.OFFSET_METADATA_TOO_LARGE,
      0,
      kafkaError.UNKNOWN_TOPIC_OR_PARTITION,
    ])
    const fetched = await client.send('OffsetFetch', 7, { groupId: 'g', topics: null })
    expect(
      fetched.topics.map(({ name, partitions: found }) => [
        name,
        found.map((one) => [one.partitionIndex, one.committedOffset]),
      ]),
    ).toEqual([['t', [[1, 5]]]])
  })

  test('that a transaction may change are not given to who wants stable ones (KIP-447)', async () => {
    const producer = await initProducer()
    await client.send('AddOffsetsToTxn', 3, { ...producer, groupId: 'g' })
    const commit = await client.send('TxnOffsetCommit', 3, {
      ...producer,
      groupId: 'g',
      generationId: -1,
      topics: offsets,
    })
    expect(commit.topics[0]?.partitions[0]?.errorCode).toBe(0)
    const fetch = async (requireStable: boolean) => {
      const { topics } = await client.send('OffsetFetch', 7, { groupId: 'g', topics: asked, requireStable })
      const { errorCode, committedOffset } = topics[0]!.partitions[0]!
      return [errorCode, committedOffset]
    }
    expect([await fetch(true), await fetch(false)]).toEqual([
      [kafkaError.UNSTABLE_OFFSET_COMMIT, -1],
      [0, -1],
    ])
    await client.send('EndTxn', 3, { ...producer, committed: true })
    expect(await fetch(true)).toEqual([0, 5])
  })

  test('of members of an old generation are refused in a transaction too', async () => {
    const { memberId } = await client.send('JoinGroup', 7, joining)
    await client.send('JoinGroup', 7, { ...joining, memberId })
    const producer = await initProducer()
    await client.send('AddOffsetsToTxn', 3, { ...producer, groupId: 'g' })
    const commit = async (generationId: number, member: string) => {
      const body = { ...producer, groupId: 'g', generationId, memberId: member, topics: offsets }
      return (await client.send('TxnOffsetCommit', 3, body)).topics[0]?.partitions[0]?.errorCode
    }
    expect([await commit(0, memberId), await commit(1, 'other'), await commit(1, memberId)]).toEqual([
      kafkaError.ILLEGAL_GENERATION,
      kafkaError.UNKNOWN_MEMBER_ID,
      0,
    ])
  })

  test('that are deleted are gone', async () => {
    await client.send('OffsetCommit', 8, { groupId: 'g', generationIdOrMemberEpoch: -1, topics: offsets })
    const remove = { name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 7 }] }
    const { errorCode, topics } = await client.send('OffsetDelete', 0, { groupId: 'g', topics: [remove] })
    expect([errorCode, topics[0]?.partitions.map((one) => one.errorCode)]).toEqual([
      0,
      [0, kafkaError.UNKNOWN_TOPIC_OR_PARTITION],
    ])
    const fetched = await client.send('OffsetFetch', 7, { groupId: 'g', topics: asked })
    expect(fetched.topics[0]?.partitions[0]?.committedOffset).toBe(-1)
    expect((await client.send('OffsetDelete', 0, { groupId: 'h', topics: [] })).errorCode).toBe(
      kafkaError.GROUP_ID_NOT_FOUND,
    )
  })
})

describe('what waits', () => {
  test('a join whose connection goes away does not keep its connection, and the broker closes', async () => {
    const first = await client.send('JoinGroup', 3, joining)
    await client.send('SyncGroup', 3, { groupId: 'g', generationId: first.generationId, memberId: first.memberId })
    const gone = connectTo(broker)
    const waiting = gone.send('JoinGroup', 3, joining)
    await expect.poll(() => broker.state.groups.get('g')?.state, { timeout: 60_000 }).toBe('PreparingRebalance')
    gone.close()
    await expect(waiting).rejects.toThrow('closed')
  })
})

describe('AddPartitionsToTxn', () => {
  test('adds all of the partitions, or none when one is not there', async () => {
    const producer = await initProducer()
    const { resultsByTopic } = await client.send('AddPartitionsToTxn', 3, {
      ...producer,
      topics: [{ name: 't', partitions: [0, 9] }],
    })
    expect(resultsByTopic[0]?.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode)).toEqual([
      kafkaError.OPERATION_NOT_ATTEMPTED,
      kafkaError.UNKNOWN_TOPIC_OR_PARTITION,
    ])
    const { transactionStates } = await client.send('DescribeTransactions', 0, { transactionalIds: ['x'] })
    expect(transactionStates[0]).toMatchObject({ transactionState: 'Empty', topics: [] })
  })
})
