import { describe, expect, test } from 'vitest'
import { deleteRecords } from '../../../../src/broker/handlers/delete-records.ts'
import { fetch } from '../../../../src/broker/handlers/fetch.ts'
import { listOffsets } from '../../../../src/broker/handlers/list-offsets.ts'
import { offsetForLeaderEpoch } from '../../../../src/broker/handlers/offset-for-leader-epoch.ts'
import { produce, type ProduceContext } from '../../../../src/broker/handlers/produce.ts'
import { defaultLogConfig, type LogConfig } from '../../../../src/broker/log/log-config.ts'
import { MemoryStorage } from '../../../../src/broker/log/memory-storage.ts'
import { PartitionLog } from '../../../../src/broker/log/partition-log.ts'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import { recordsIn, sentBatch } from '../../../support/broker-batches.ts'
import { SimulatedClock } from '../../../support/simulated-clock.ts'

interface Rig {
  readonly clock: SimulatedClock
  readonly log: PartitionLog
  readonly context: ProduceContext
  readonly leave: () => void
}

function newRig(options: { config?: Partial<LogConfig>; apiVersion?: number; transactionError?: number } = {}): Rig {
  const clock = new SimulatedClock()
  const controller = new AbortController()
  const config = { ...defaultLogConfig, ...options.config }
  const storage = new MemoryStorage()
  const log = PartitionLog.open({ storage, folder: 't-0', topic: 't', partition: 0, config, nowMs: clock.now() })
  const context: ProduceContext = {
    apiVersion: options.apiVersion ?? 9,
    signal: controller.signal,
    broker: {
      clock,
      topics: { get: (name) => (name === 't' ? { partitions: [log] } : undefined) },
      transactions: { verifyPartition: () => options.transactionError ?? 0 },
    },
  }
  return { clock, log, context, leave: () => controller.abort() }
}

function send(rig: Rig, records: Buffer | null, more: Record<string, any> = {}): any {
  const partitionData = [{ index: more['index'] ?? 0, records }]
  const request = {
    transactionalId: more['transactionalId'] ?? null,
    acks: more['acks'] ?? -1,
    timeoutMs: 1000,
    topicData: [{ name: more['topic'] ?? 't', partitionData }],
  }
  return produce(request, rig.context)?.responses[0]!.partitionResponses[0]
}

describe('produce', () => {
  test('answers with the offset; with acks=0 not at all', () => {
    const rig = newRig()
    expect(send(rig, sentBatch([{}]))).toMatchObject({ errorCode: 0, baseOffset: 0, logStartOffset: 0 })
    expect(send(rig, sentBatch([{}]), { acks: 0 })).toBeUndefined()
    expect(rig.log.endOffset).toBe(2)
  })

  test.each([
    ['a topic that is not there', 'UNKNOWN_TOPIC_OR_PARTITION', sentBatch([{}]), { topic: 'x' }],
    ['a partition that is not there', 'UNKNOWN_TOPIC_OR_PARTITION', sentBatch([{}]), { index: 1 }],
    ['acks=2', 'INVALID_REQUIRED_ACKS', sentBatch([{}]), { acks: 2 }],
    ['no records', 'INVALID_RECORD', null, {}],
    ['two batches', 'INVALID_RECORD', Buffer.concat([sentBatch([{}]), sentBatch([{}])]), {}],
    ['a batch that is cut off', 'CORRUPT_MESSAGE', sentBatch([{ value: 'abc' }]).subarray(0, -1), {}],
  ] as const)('%s is %s', (_, name, records, more) => {
    const rig = newRig()
    expect(send(rig, records, more)).toMatchObject({ errorCode: kafkaError[name], baseOffset: -1 })
    expect(rig.log.endOffset).toBe(0)
  })

  test('zstd needs version 7', () => {
    const bytes = sentBatch([{}])
    bytes[22] = 4
    const errorCode = kafkaError.UNSUPPORTED_COMPRESSION_TYPE
    expect(send(newRig({ apiVersion: 6 }), bytes)).toMatchObject({ errorCode })
  })

  test('a transactional batch is written only where the coordinator knows its transaction', () => {
    const bytes = sentBatch([{}], { producerId: 1, transactional: true })
    const transactionalId = 'tx'
    expect(send(newRig(), bytes, { transactionalId })).toMatchObject({ errorCode: 0 })
    const transactionError = kafkaError.INVALID_TXN_STATE
    expect(send(newRig({ transactionError }), bytes, { transactionalId })).toMatchObject({
      errorCode: transactionError,
    })
  })
})

function ask(rig: Rig, more: Record<string, any> = {}): Promise<any> {
  const partition = {
    partition: 0,
    currentLeaderEpoch: -1,
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    partitionMaxBytes: 1_000_000,
    ...more,
  }
  const request = {
    clusterId: null,
    replicaId: -1,
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 1_000_000,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: [{ topic: 't', partitions: more['partitions'] ?? [partition] }],
    forgottenTopicsData: [],
    rackId: '',
    ...more,
  }
  return fetch(request, rig.context).then((response) => response.responses[0]?.partitions[0] ?? response)
}

describe('fetch', () => {
  test('what is there comes at once, with the ends of the log', async () => {
    const rig = newRig()
    send(rig, sentBatch([{ value: 'a' }]))
    const got = await ask(rig)
    expect(recordsIn(got.records)).toMatchObject([{ value: 'a' }])
    expect(got).toMatchObject({ highWatermark: 1, lastStableOffset: 1, logStartOffset: 0, abortedTransactions: null })
  })

  test('a long poll ends with the append that has enough bytes', async () => {
    const rig = newRig()
    const bytes = sentBatch([{ value: 'a' }])
    let done = false
    const answer = ask(rig, { minBytes: 2 * bytes.length }).finally(() => (done = true))
    send(rig, bytes)
    await rig.clock.advance(100)
    expect(done).toBe(false)
    send(rig, bytes)
    expect(recordsIn((await answer).records)).toHaveLength(2)
  })

  test('a long poll ends when its time is over, with what there is, and leaves nothing waiting', async () => {
    const rig = newRig()
    const answer = ask(rig)
    await rig.clock.advance(501)
    expect((await answer).records).toHaveLength(0)
    await expect(rig.clock.runUntil(() => false)).rejects.toThrow(/ 0 timers left/)
  })

  test('a long poll ends when the connection is gone, and when the topic is', async () => {
    const left = newRig()
    const answer = ask(left)
    left.leave()
    expect((await answer).records).toHaveLength(0)
    const deleted = newRig()
    const other = ask(deleted)
    deleted.log.delete()
    expect((await other).errorCode).toBe(kafkaError.UNKNOWN_TOPIC_OR_PARTITION)
  })

  test('a committed reader waits for the end of a transaction', async () => {
    const rig = newRig()
    send(rig, sentBatch([{ value: 'a' }], { producerId: 1, transactional: true }), { transactionalId: 'tx' })
    const answer = ask(rig, { isolationLevel: 1 })
    rig.log.writeMarker({ producerId: 1, epoch: 0, coordinatorEpoch: 0, type: 'abort' }, rig.clock.now())
    expect(await answer).toMatchObject({
      lastStableOffset: 2,
      abortedTransactions: [{ producerId: 1, firstOffset: 0 }],
    })
  })

  test('errors come at once: out of range, a false leader epoch, a session', async () => {
    const rig = newRig()
    expect((await ask(rig, { fetchOffset: 5 })).errorCode).toBe(kafkaError.OFFSET_OUT_OF_RANGE)
    expect((await ask(rig, { currentLeaderEpoch: 3 })).errorCode).toBe(kafkaError.UNKNOWN_LEADER_EPOCH)
    expect((await ask(rig, { sessionId: 7 })).errorCode).toBe(kafkaError.FETCH_SESSION_ID_NOT_FOUND)
  })
})

describe('offsets', () => {
  const offsetAt = (rig: Rig, timestamp: number, isolationLevel = 0): any => {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }]
    const request = { replicaId: -1, isolationLevel, topics: [{ name: 't', partitions }], timeoutMs: 0 }
    return listOffsets(request, { ...rig.context, apiVersion: 7 }).topics[0]!.partitions[0]
  }

  test('earliest, latest, by time, and the one with the largest timestamp', () => {
    const rig = newRig({ config: { segmentBytes: 300 } })
    for (const timestamp of [10, 30, 20, 50, 40]) send(rig, sentBatch([{ timestamp }, { timestamp: timestamp - 5 }]))
    expect(offsetAt(rig, -1)).toMatchObject({ offset: 10, leaderEpoch: 0 })
    expect(offsetAt(rig, -2)).toMatchObject({ offset: 0 })
    expect(offsetAt(rig, -3)).toMatchObject({ offset: 6, timestamp: 50 })
    expect([0, 11, 26, 31, 46].map((time) => offsetAt(rig, time).offset)).toEqual([0, 2, 2, 6, 6])
    expect(offsetAt(rig, 51)).toEqual({ partitionIndex: 0, errorCode: 0 })
  })

  test('for committed readers the end is the first open transaction', () => {
    const rig = newRig()
    send(rig, sentBatch([{ timestamp: 10 }]))
    send(rig, sentBatch([{ timestamp: 20 }], { producerId: 1, transactional: true }), { transactionalId: 'tx' })
    expect([offsetAt(rig, -1, 1).offset, offsetAt(rig, 15, 0).offset, offsetAt(rig, 15, 1).offset]).toEqual([
      1,
      1,
      undefined,
    ])
  })

  test('deleted records are gone: offsets, times and reads begin behind them', () => {
    const rig = newRig()
    send(rig, sentBatch([{ timestamp: 10 }, { timestamp: 20 }, { timestamp: 30 }]))
    const remove = (offset: number, context = rig.context): any =>
      deleteRecords({ topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset }] }], timeoutMs: 0 }, context)
        .topics[0]!.partitions[0]
    expect(remove(2)).toMatchObject({ errorCode: 0, lowWatermark: 2 })
    expect([offsetAt(rig, -2).offset, offsetAt(rig, 5).offset]).toEqual([2, 2])
    expect(rig.log.read({ offset: 1, maxBytes: 1, committed: false }).errorCode).toBe(kafkaError.OFFSET_OUT_OF_RANGE)
    expect(remove(9).errorCode).toBe(kafkaError.OFFSET_OUT_OF_RANGE)
    expect(remove(-1)).toMatchObject({ errorCode: 0, lowWatermark: 3 })
    const compacted = newRig({ config: { cleanupPolicy: { delete: false, compact: true } } })
    expect(remove(0, compacted.context).errorCode).toBe(kafkaError.POLICY_VIOLATION)
  })

  test('a leader epoch ends where the next one begins', () => {
    const rig = newRig()
    send(rig, sentBatch([{}, {}]))
    rig.log.bumpLeaderEpoch()
    send(rig, sentBatch([{}]))
    const end = (leaderEpoch: number, currentLeaderEpoch = -1): any => {
      const topics = [{ topic: 't', partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch }] }]
      return offsetForLeaderEpoch({ replicaId: -1, topics }, rig.context).topics[0]!.partitions[0]
    }
    expect([end(0), end(1)]).toMatchObject([
      { leaderEpoch: 0, endOffset: 2 },
      { leaderEpoch: 1, endOffset: 3 },
    ])
    expect(end(2)).toEqual({ partition: 0, errorCode: 0 })
    expect(end(0, 0).errorCode).toBe(kafkaError.FENCED_LEADER_EPOCH)
  })
})
