/* What was asked to go wrong, as clients meet it: they lose nothing, and an idempotent producer writes nothing twice. */
import { startBroker, type BrokerFaults, type Fault, type InProcessBroker } from 'millrace/testing'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BrokerClient } from '../../../support/broker-client.ts'
import { kafkaJsUser, ownUser } from '../../../support/broker-users.ts'

const topic = 't'
let broker: InProcessBroker

beforeEach(async () => {
  const topics = [{ name: topic, configs: { 'retention.ms': '-1' } }]
  broker = await startBroker({ inProcess: true, port: 0, topics })
})
afterEach(() => broker.stop())

/** KafkaJS reads again what it could not commit. */
const once = (read: readonly string[]): string[] => [...new Set(read)]

async function endOffset(): Promise<number | undefined> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1 }] }]
  const client = new BrokerClient(broker.connect())
  return (await client.send('ListOffsets', 5, { topics })).topics[0]?.partitions[0]?.offset
}

const values = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `v${from + i}`)

const faults: Readonly<Record<string, Fault>> = {
  'a leader that is none any more': { api: 'Produce', error: 'NOT_LEADER_OR_FOLLOWER', times: 2 },
  'a batch whose acknowledgement is lost': { api: 'Produce', lose: 'answer' },
  'a batch that is lost': { api: 'Produce', lose: 'request' },
  'a broker that takes its time': { api: 'Produce', delayMs: 300, times: 2 },
  'a fetch from who does not lead': { api: 'Fetch', error: 'NOT_LEADER_OR_FOLLOWER', times: 2 },
  'a fetch whose answer is lost': { api: 'Fetch', lose: 'answer', times: 2 },
  'a fetch that is never answered': { api: 'Fetch', lose: 'hang' },
  'a coordinator that is not there yet': { api: 'FindCoordinator', error: 'COORDINATOR_NOT_AVAILABLE', times: 2 },
  'a coordinator that is none any more, for who joins': { api: 'JoinGroup', error: 'NOT_COORDINATOR' },
  'a coordinator that is none any more, for who syncs': { api: 'SyncGroup', error: 'NOT_COORDINATOR' },
  'a coordinator that is none any more, for commits': { api: 'OffsetCommit', error: 'NOT_COORDINATOR' },
  'a coordinator that loads its groups': { api: 'OffsetFetch', error: 'COORDINATOR_LOAD_IN_PROGRESS', times: 2 },
  'metadata of a topic that has no leader yet': { api: 'Metadata', error: 'LEADER_NOT_AVAILABLE', skip: 1, times: 2 },
}

describe.each([
  ['our client', ownUser, 'where it was cut off (KIP-320)', 5],
  ['KafkaJS', kafkaJsUser, 'from the start', 0],
] as const)('%s', (_, userOf, from, begins) => {
  test.each(Object.keys(faults))('gets over %s', async (name) => {
    await broker.faults.inject(faults[name]!)
    const user = userOf(broker)
    await user.write(topic, values(0, 20))
    const reader = await user.reader(topic)
    expect(once(await reader.readUntil('v19'))).toEqual(values(0, 20))
    await user.write(topic, values(20, 30))
    expect(once(await reader.readUntil('v29'))).toEqual(values(20, 30))
    expect(await endOffset()).toBe(30)
    await reader.close()
  })

  const between: Readonly<Record<string, (faults: BrokerFaults) => Promise<unknown>>> = {
    'all its connections': (own) => own.dropConnections(),
    'its leader for a while': (own) => own.moveLeader({ topic, partition: 0, withoutLeaderMs: 500 }),
  }

  test.each(Object.keys(between))('reads on after it lost %s', async (name) => {
    const user = userOf(broker)
    await user.write(topic, values(0, 20))
    const reader = await user.reader(topic)
    expect(await reader.readUntil('v19')).toEqual(values(0, 20))
    await between[name]!(broker.faults)
    await user.write(topic, values(20, 30))
    expect(await reader.readUntil('v29')).toEqual(values(20, 30))
    await reader.close()
  })

  test(`goes on in a log that has lost what comes next, ${from}`, async () => {
    const user = userOf(broker)
    for (let i = 0; i < 20; i += 5) await user.write(topic, values(i, i + 5))
    const reader = await user.reader(topic)
    expect(await reader.readUntil('v19')).toEqual(values(0, 20))
    await broker.faults.truncate({ topic, partition: 0, offset: 5 })
    await user.write(topic, ['new'])
    expect(await reader.readUntil('new')).toEqual([...values(begins, 5), 'new'])
    await reader.close()
  })
})

test('a log is not cut off where it is not, and the error says where it is', async () => {
  await ownUser(broker).write(topic, values(0, 3))
  await expect(broker.faults.truncate({ topic, partition: 0, offset: 4 })).rejects.toThrow(
    't-0 has offsets 0 to 3, and cannot be cut off at 4',
  )
  await expect(broker.faults.truncate({ topic: 'u', partition: 0, offset: 0 })).rejects.toThrow(
    'there is no partition u-0',
  )
})
