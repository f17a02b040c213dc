import { expect, test } from 'vitest'
import { Cluster } from '../../../src/client/cluster.ts'
import type { NewResponse } from '../../../src/protocol/messages/messages.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { clientRig, requestsOf, type ClientRig } from '../../support/client-rig.ts'
import { knowing } from '../../support/scripted-broker.ts'

type Leaders = readonly (readonly [leaderId: number, leaderEpoch: number])[]

interface Scene {
  readonly rig: ClientRig
  readonly cluster: Cluster
  /** Topics and the leaders of their partitions; none: there is no such topic. */
  readonly topics: Record<string, Leaders>
  topicId: string
  coordinator: number
  /** Of FindCoordinator. */
  errorCode: number
}

function metadata(scene: Scene, names: readonly string[]): NewResponse<'Metadata'> {
  return {
    brokers: [1, 2].map((nodeId) => ({ nodeId, host: `node${nodeId}`, port: nodeId })),
    controllerId: 2,
    topics: names.map((name) => ({
      errorCode: scene.topics[name] === undefined ? 3 : 0,
      name,
      topicId: scene.topicId,
      partitions: (scene.topics[name] ?? []).map(([leaderId, leaderEpoch], partitionIndex) => ({
        errorCode: leaderId < 0 ? 5 : 0,
        partitionIndex,
        leaderId,
        leaderEpoch,
        replicaNodes: [],
        isrNodes: [],
        offlineReplicas: [],
      })),
    })),
  }
}

async function scene(): Promise<Scene> {
  const rig = clientRig(
    knowing((request, stream) => {
      if (request.api === 'Metadata')
        stream.answer(
          request,
          metadata(
            made,
            (request.body.topics ?? []).map(({ name }) => name!),
          ),
        )
      if (request.api === 'FindCoordinator') {
        const [key] = request.body.coordinatorKeys
        const at = { nodeId: made.coordinator, host: 'node', port: 1, errorCode: made.errorCode, errorMessage: null }
        stream.answer(request, { coordinators: [{ key: key!, ...at }] })
      }
    }),
  )
  const options = { clock: rig.clock, random: seededRandom(1), clientId: 'c', requestTimeoutMs: 30_000 }
  const cluster = new Cluster({ ...options, openTransport: () => rig.transport })
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ'
  const made: Scene = {
    rig,
    cluster,
    topics: {
      t: [
        [1, 5],
        [2, 5],
      ],
    },
    topicId,
    coordinator: 2,
    errorCode: 0,
  }
  await rig.clock.settle(cluster.connect('test'))
  return made
}

const asked = ({ rig }: Scene, api: 'Metadata' | 'FindCoordinator'): number =>
  rig.network.streams.flatMap((stream) => requestsOf(stream, api)).length

test('knows leaders, partition counts and the controller', async () => {
  const made = await scene()
  const { cluster, rig } = made
  await rig.clock.settle(cluster.addTopics(['t']))
  expect([0, 1, 2].map((partition) => cluster.leaderOf({ topic: 't', partition }))).toEqual([1, 2, undefined])
  expect(cluster.leaderEpochOf({ topic: 't', partition: 0 })).toBe(5)
  expect(cluster.partitionCount('t')).toBe(2)
  expect(cluster.partitionCount('other')).toBeUndefined()
  expect(await rig.clock.settle(cluster.controller())).toBe(2)
})

test('a topic that does not exist is an error that names it, and is looked for again', async () => {
  const made = await scene()
  const { cluster, rig } = made
  await expect(rig.clock.settle(cluster.addTopics(['t', 'late']))).rejects.toMatchObject({
    topic: 'late',
    kafkaError: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
  made.topics['late'] = [[1, 0]]
  await rig.clock.settle(cluster.addTopics(['t', 'late']))
  expect(cluster.leaderOf({ topic: 'late', partition: 0 })).toBe(1)
})

test('a leader that moved is known after a refresh; one from a broker that is behind is not believed', async () => {
  const made = await scene()
  const { cluster, rig } = made
  await rig.clock.settle(cluster.addTopics(['t']))
  made.topics['t'] = [
    [2, 6],
    [1, 4],
  ]
  await rig.clock.settle(cluster.refresh())
  expect([0, 1].map((partition) => cluster.leaderOf({ topic: 't', partition }))).toEqual([2, 2])
})

test('a topic that was made anew begins again, with lower epochs', async () => {
  const made = await scene()
  const { cluster, rig } = made
  await rig.clock.settle(cluster.addTopics(['t']))
  made.topics['t'] = [[2, 0]]
  made.topicId = 'AAAAAAAAAAAAAAAAAAAAAg'
  await rig.clock.settle(cluster.refresh())
  expect(cluster.leaderOf({ topic: 't', partition: 0 })).toBe(2)
  expect(cluster.partitionCount('t')).toBe(1)
})

test('a partition without a leader has none for the moment', async () => {
  const made = await scene()
  made.topics['t'] = [
    [-1, 6],
    [2, 5],
  ]
  await made.rig.clock.settle(made.cluster.addTopics(['t']))
  expect(made.cluster.leaderOf({ topic: 't', partition: 0 })).toBeUndefined()
})

test('those who refresh at the same time share one request, and none misses a topic of its own', async () => {
  const made = await scene()
  const { cluster, rig } = made
  made.topics['u'] = [[1, 0]]
  const before = asked(made, 'Metadata')
  await rig.clock.settle(Promise.all([cluster.refresh(), cluster.refresh(), cluster.refresh()]))
  expect(asked(made, 'Metadata') - before).toBe(1)
  await rig.clock.settle(Promise.all([cluster.addTopics(['t']), cluster.addTopics(['u'])]))
  expect(cluster.leaderOf({ topic: 'u', partition: 0 })).toBe(1)
})

test('metadata is refreshed when it is old and somebody asks', async () => {
  const made = await scene()
  const { cluster, rig } = made
  await rig.clock.settle(cluster.addTopics(['t']))
  made.topics['t'] = [
    [2, 6],
    [2, 6],
  ]
  await rig.clock.advance(299_000)
  expect(cluster.leaderOf({ topic: 't', partition: 0 })).toBe(1)
  await rig.clock.advance(2_000)
  cluster.leaderOf({ topic: 't', partition: 0 })
  await rig.clock.runUntil(() => cluster.leaderOf({ topic: 't', partition: 0 }) === 2)
})

test('a coordinator is asked for once, until it is forgotten', async () => {
  const made = await scene()
  const { cluster, rig } = made
  const key = { groupId: 'g' }
  expect(await rig.clock.settle(Promise.all([cluster.coordinatorOf(key), cluster.coordinatorOf(key)]))).toEqual([2, 2])
  expect(asked(made, 'FindCoordinator')).toBe(1)
  made.coordinator = 1
  cluster.forgetCoordinator({ groupId: 'other' })
  expect(await rig.clock.settle(cluster.coordinatorOf(key))).toBe(2)
  cluster.forgetCoordinator(key)
  expect(await rig.clock.settle(cluster.coordinatorOf(key))).toBe(1)
  expect(await rig.clock.settle(cluster.coordinatorOf({ transactionalId: 'g' }))).toBe(1)
  expect(asked(made, 'FindCoordinator')).toBe(3)
})

test('a coordinator that could not be found is asked for again', async () => {
  const made = await scene()
  const { cluster, rig } = made
  made.errorCode = 15
  await expect(rig.clock.settle(cluster.coordinatorOf({ groupId: 'g' }))).rejects.toMatchObject({ retriable: true })
  made.errorCode = 0
  expect(await rig.clock.settle(cluster.coordinatorOf({ groupId: 'g' }))).toBe(2)
})

test('what may be sent twice is tried again with fresh metadata, and gives up in time, saying what it could not do', async () => {
  const made = await scene()
  const { cluster, rig } = made
  let tries = 0
  const moved = async (): Promise<void> => {
    tries++
    made.errorCode = tries < 4 ? 16 : 0
    cluster.forgetCoordinator({ groupId: 'g' })
    await cluster.coordinatorOf({ groupId: 'g' })
  }
  await rig.clock.settle(cluster.retry('do it', moved))
  expect(tries).toBe(4)
  made.errorCode = 16
  const failing = cluster.retry('do it', async () => void (await cluster.coordinatorOf({ groupId: 'h' })))
  await expect(rig.clock.settle(failing)).rejects.toMatchObject({
    code: 'MILLRACE_BROKER_FAILED',
    message: expect.stringMatching(/could not do it:.*NOT_COORDINATOR/),
  })
})
