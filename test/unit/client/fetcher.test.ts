import { expect, test } from 'vitest'
import { Cluster } from '../../../src/client/cluster.ts'
import { Fetcher } from '../../../src/client/fetcher.ts'
import type { Clock } from '../../../src/core/clock.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { kafkaError } from '../../../src/protocol/kafka-error.ts'
import type { NewResponse } from '../../../src/protocol/messages/messages.ts'
import type { AnyRequest } from '../../../src/protocol/messages/request.ts'
import { sentBatch } from '../../support/broker-batches.ts'
import { clientRig } from '../../support/client-rig.ts'
import { knowing, type ScriptedStream } from '../../support/scripted-broker.ts'

type FetchRequest = AnyRequest & { readonly api: 'Fetch' }

interface Asked {
  readonly request: FetchRequest
  readonly stream: ScriptedStream
  /** Partition and offset of each that was asked for. */
  readonly positions: readonly (readonly [partition: number, offset: number])[]
}

const nobody = { replicaNodes: [], isrNodes: [], offlineReplicas: [], leaderEpoch: 1 }
const metadata: NewResponse<'Metadata'> = {
  brokers: [{ nodeId: 1, host: 'one', port: 1 }],
  controllerId: 1,
  topics: [
    {
      errorCode: 0,
      name: 't',
      topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
      partitions: [0, 1].map((partitionIndex) => ({ errorCode: 0, partitionIndex, leaderId: 1, ...nobody })),
    },
  ],
}

/** @param earlyMs so much too early every timer comes, as Node's own do by less than one */
async function scene(fetchBufferBytesMax: number, earlyMs = 0) {
  const asked: Asked[] = []
  const metadataAsked = { count: 0 }
  const { clock, transport } = clientRig(
    knowing((request, stream) => {
      if (request.api === 'Metadata') {
        metadataAsked.count++
        stream.answer(request, metadata)
      }
      if (request.api === 'Fetch') {
        const positions = request.body.topics.flatMap(({ partitions }) =>
          partitions.map(({ partition, fetchOffset }) => [partition, fetchOffset] as const),
        )
        asked.push({ request, stream, positions })
      }
    }),
  )
  const early: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    yield: () => clock.yield(),
    setTimer: (delayMs, action) => clock.setTimer(delayMs - earlyMs, action),
  }
  const options = { clock: early, random: seededRandom(1), clientId: 'c', requestTimeoutMs: 30_000 }
  const cluster = new Cluster({ ...options, openTransport: () => transport })
  await clock.settle(cluster.connect('test'))
  await clock.settle(cluster.addTopics(['t']))
  const fetcher = new Fetcher({
    cluster,
    groupId: 'g',
    fetchMaxBytes: 1_000_000,
    readCommitted: false,
    bufferedRecordsPerPartitionMax: 1_000,
    fetchBufferBytesMax,
    outOfRange: () => 'error',
    onArrival: () => {},
    onFatal: (error) => {
      throw error
    },
  })
  const nth = async (n: number): Promise<Asked> => {
    await clock.runUntil(() => asked.length >= n, 5_000)
    return asked[n - 1]!
  }
  return { clock, fetcher, nth, metadataAsked }
}

function answer({ request, stream, positions }: Asked, records: Buffer, errorCode = 0): void {
  const responses = positions.map(([partitionIndex]) => ({
    topic: 't',
    partitions: [
      { partitionIndex, errorCode, highWatermark: 10, lastStableOffset: 10, records, abortedTransactions: [] },
    ],
  }))
  stream.answer(request, { errorCode: 0, sessionId: 0, responses } as NewResponse<'Fetch'>)
}

const at = (partition: number, offset: number) => ({ topic: 't', partition, offset })
const some = sentBatch([{ value: 'x'.repeat(100) }, { value: 'y'.repeat(100) }])

test('what was asked for before a partition left is not handed out when it is back, whose offset stands (Faust #216)', async () => {
  const { clock, fetcher, nth } = await scene(1_000_000)
  fetcher.add([at(0, 0)])
  const stale = await nth(1)
  fetcher.remove([at(0, 0)])
  fetcher.add([at(0, 5)])
  answer(stale, some)
  const fresh = await nth(2)
  expect(fresh.positions).toEqual([[0, 5]])
  expect(fetcher.take(new Set())).toEqual([])
  expect(fetcher.position(at(0, 0))).toBe(5)
  expect(fetcher.fetchedAtMs(at(0, 0))).toBeUndefined()
  answer(fresh, Buffer.alloc(0))
  await clock.runUntil(() => fetcher.fetchedAtMs(at(0, 0)) !== undefined)
  fetcher.stop()
})

test('above its bytes it reads only partitions of which nothing waits, and all again when there is room', async () => {
  const { fetcher, nth } = await scene(100)
  fetcher.add([at(0, 0)])
  answer(await nth(1), some)
  fetcher.add([at(1, 0)])
  const second = await nth(2)
  expect(second.positions).toEqual([[1, 0]])
  expect(fetcher.take(new Set()).map(({ count }) => count)).toEqual([2])
  answer(second, Buffer.alloc(0))
  expect((await nth(3)).positions.toSorted(([a], [b]) => a - b)).toEqual([
    [0, 2],
    [1, 0],
  ])
  fetcher.stop()
})

test('what waits of a partition that leaves no longer counts', async () => {
  const { clock, fetcher, nth } = await scene(300)
  fetcher.add([at(0, 0), at(1, 0)])
  answer(await nth(1), some)
  await clock.runUntil(() => fetcher.fetchedAtMs(at(1, 0)) !== undefined)
  fetcher.remove([at(0, 0)])
  fetcher.add([])
  expect((await nth(2)).positions).toEqual([[1, 2]])
  fetcher.stop()
})

test.each(['FENCED_LEADER_EPOCH', 'UNKNOWN_LEADER_EPOCH'] as const)(
  '%s: it asks who leads now, and goes on',
  async (name) => {
    const { fetcher, nth, metadataAsked } = await scene(1_000_000)
    fetcher.add([at(0, 3)])
    const before = metadataAsked.count
    answer(await nth(1), Buffer.alloc(0), kafkaError[name])
    expect((await nth(2)).positions).toEqual([[0, 3]])
    expect(metadataAsked.count).toBeGreaterThan(before)
    fetcher.stop()
  },
)

test('a partition whose time to try again has not quite come is tried again all the same', async () => {
  const { fetcher, nth } = await scene(1_000_000, 0.7)
  fetcher.add([at(0, 3)])
  answer(await nth(1), Buffer.alloc(0), kafkaError.NOT_LEADER_OR_FOLLOWER)
  expect((await nth(2)).positions).toEqual([[0, 3]])
  fetcher.stop()
})
