import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { DiskStorage } from '../../../../src/broker/log/disk-storage.ts'
import { defaultLogConfig } from '../../../../src/broker/log/log-config.ts'
import { MemoryStorage } from '../../../../src/broker/log/memory-storage.ts'
import { PartitionLog } from '../../../../src/broker/log/partition-log.ts'
import type { Storage } from '../../../../src/broker/log/storage.ts'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import { recordsIn, sentBatch, type SentOptions } from '../../../support/broker-batches.ts'
import { SimulatedClock } from '../../../support/simulated-clock.ts'

const nowMs = 10_000
/** Two batches of the tests fill one. */
const config = { ...defaultLogConfig, segmentBytes: 200 }
const folders: string[] = []
afterAll(() => folders.forEach((folder) => rmSync(folder, { recursive: true })))

function diskStorage(): Storage {
  const dataDir = mkdtempSync(join(tmpdir(), 'millrace-log-'))
  folders.push(dataDir)
  return new DiskStorage({ dataDir, clock: new SimulatedClock(), fsync: 'none' })
}

const opened = (storage: Storage): PartitionLog =>
  PartitionLog.open({ storage, folder: 't-0', topic: 't', partition: 0, config, nowMs })

function append(log: PartitionLog, values: readonly string[], options?: SentOptions): number {
  const sent = values.map((value) => ({ value, timestamp: nowMs }))
  return log.append(sentBatch(sent, options), nowMs).errorCode
}

/** With markers left out. */
function valuesOf(log: PartitionLog, committed = false): (string | null)[] {
  const values: (string | null)[] = []
  for (let offset = log.logStartOffset; offset < log.endOffset;) {
    const { records } = log.read({ offset, maxBytes: 1, committed })
    if (records.length === 0) break
    const found = recordsIn(records)
    values.push(...found.map(({ value }) => value))
    offset = (found.at(-1)?.offset ?? offset) + 1
  }
  return values
}

describe.each([
  ['memory', () => new MemoryStorage()],
  ['disk', diskStorage],
])('a log in %s that loses its end', (_, newStorage) => {
  test('has what was before, whole batches, in a new leader epoch, now and after it was opened again', async () => {
    for (let offset = 1; offset < 10; offset++) {
      const storage = newStorage()
      const log = opened(storage)
      for (const pair of ['ab', 'cd', 'ef', 'gh', 'ij']) append(log, [...pair])
      expect(log.truncateTo(offset, nowMs).errorCode).toBe(0)
      const kept = offset - (offset % 2)
      expect(log).toMatchObject({ endOffset: kept, lastStableOffset: kept, leaderEpoch: 1 })
      expect(log.endOffsetForEpoch(0)).toEqual(kept === 0 ? { epoch: 0, endOffset: 0 } : { epoch: 0, endOffset: kept })
      append(log, ['new'])
      const expected = [...'abcdefghij'.slice(0, kept), 'new']
      expect(valuesOf(log)).toEqual(expected)
      log.close()
      const again = opened(storage)
      expect(valuesOf(again)).toEqual(expected)
      expect(again.leaderEpoch).toBe(1)
      again.close()
      await storage.close()
    }
  })

  test('at its end loses nothing; outside of it that is refused', () => {
    const log = opened(newStorage())
    append(log, ['a', 'b'])
    expect(log.truncateTo(3, nowMs).errorCode).toBe(kafkaError.OFFSET_OUT_OF_RANGE)
    expect(log.leaderEpoch).toBe(0)
    log.truncateTo(2, nowMs)
    expect([valuesOf(log), log.leaderEpoch]).toEqual([['a', 'b'], 1])
    log.deleteRecordsBefore(1, nowMs)
    expect(log.truncateTo(0, nowMs).errorCode).toBe(kafkaError.OFFSET_OUT_OF_RANGE)
    log.close()
  })

  test('forgets what producers wrote behind it: the same sequence numbers are expected again', () => {
    const log = opened(newStorage())
    for (let sequence = 0; sequence < 4; sequence++) append(log, [`v${sequence}`], { producerId: 7, sequence })
    log.truncateTo(2, nowMs)
    expect(append(log, ['v4'], { producerId: 7, sequence: 4 })).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(append(log, ['v2'], { producerId: 7, sequence: 2 })).toBe(0)
    expect(append(log, ['v1'], { producerId: 7, sequence: 1 })).toBe(0)
    expect(valuesOf(log)).toEqual(['v0', 'v1', 'v2'])
    log.close()
  })

  test('has a transaction open again whose end is gone, and knows nothing of one that is gone whole', () => {
    const log = opened(newStorage())
    const transaction = { producerId: 7, transactional: true }
    append(log, ['a'], transaction)
    log.writeMarker({ type: 'abort', producerId: 7, epoch: 0, coordinatorEpoch: 0 }, nowMs)
    append(log, ['b'], { ...transaction, sequence: 1 })
    log.writeMarker({ type: 'commit', producerId: 7, epoch: 0, coordinatorEpoch: 0 }, nowMs)
    expect(log.lastStableOffset).toBe(4)
    log.truncateTo(3, nowMs)
    expect(log.lastStableOffset).toBe(2)
    log.truncateTo(2, nowMs)
    expect(log.lastStableOffset).toBe(2)
    log.truncateTo(1, nowMs)
    expect([log.lastStableOffset, log.read({ offset: 0, maxBytes: 100, committed: true }).aborted]).toEqual([0, []])
    log.close()
  })

  test('ends a compaction that is under way', async () => {
    const log = PartitionLog.open({
      storage: newStorage(),
      folder: 't-0',
      topic: 't',
      partition: 0,
      config: {
        ...config,
        cleanupPolicy: { compact: true, delete: false },
        segmentBytes: 3_000_000,
        maxMessageBytes: 3_000_000,
      },
      nowMs,
    })
    const big = 'x'.repeat(700_000)
    for (let i = 0; i < 12; i++)
      log.append(sentBatch([{ key: `k${i % 2}`, value: `${i}${big}`, timestamp: nowMs }]), nowMs)
    let pauses = 0
    await log.compact(nowMs, async () => {
      if (++pauses === 2) log.truncateTo(6, nowMs)
    })
    expect(pauses).toBe(2)
    expect(valuesOf(log).map((value) => Number.parseInt(value!, 10))).toEqual([0, 1, 2, 3, 4, 5])
    for (let i = 6; i < 16; i++)
      log.append(sentBatch([{ key: `k${i % 2}`, value: `${i}${big}`, timestamp: nowMs }]), nowMs)
    await log.compact(nowMs, async () => {})
    expect(
      valuesOf(log)
        .map((value) => Number.parseInt(value!, 10))
        .slice(-2),
    ).toEqual([14, 15])
    expect(valuesOf(log).length).toBeLessThan(12)
    log.close()
  })
})
