import { describe, expect, test } from 'vitest'
import { defaultLogConfig, type LogConfig } from '../../../../src/broker/log/log-config.ts'
import { MemoryStorage } from '../../../../src/broker/log/memory-storage.ts'
import { PartitionLog } from '../../../../src/broker/log/partition-log.ts'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import { batchesIn, recordsIn, sentBatch } from '../../../support/broker-batches.ts'

const nowMs = 1_000_000

function newLog(config: Partial<LogConfig> = {}): PartitionLog {
  return PartitionLog.open({
    storage: new MemoryStorage(),
    folder: 'partitions/t-0',
    topic: 't',
    partition: 0,
    config: { ...defaultLogConfig, ...config },
    nowMs,
  })
}

const all = { offset: 0, maxBytes: 1_000_000, committed: false }
const valuesOf = (records: Buffer): (string | null)[] => recordsIn(records).map(({ value }) => value)

describe('append and read', () => {
  test('records get consecutive offsets, and are read in batches as they were written', () => {
    const log = newLog()
    expect(log.append(sentBatch([{ value: 'a' }, { value: 'b' }]), nowMs)).toMatchObject({
      errorCode: 0,
      baseOffset: 0,
    })
    expect(log.append(sentBatch([{ value: 'c' }]), nowMs)).toMatchObject({ errorCode: 0, baseOffset: 2 })
    const read = log.read(all)
    expect(recordsIn(read.records).map(({ offset, value }) => [offset, value])).toEqual([
      [0, 'a'],
      [1, 'b'],
      [2, 'c'],
    ])
    expect(read).toMatchObject({
      errorCode: 0,
      highWatermark: 3,
      lastStableOffset: 3,
      logStartOffset: 0,
      aborted: null,
    })
  })

  test('what a client sent is not changed: it may send it again', () => {
    const log = newLog()
    const bytes = sentBatch([{ value: 'a' }])
    const before = Buffer.from(bytes)
    log.append(bytes, nowMs)
    expect(log.append(bytes, nowMs).baseOffset).toBe(1)
    expect(bytes.equals(before)).toBe(true)
  })

  test('what was read is not changed by later appends, nor by what becomes of the request', () => {
    const log = newLog()
    const bytes = sentBatch([{ value: 'a' }])
    log.append(bytes, nowMs)
    const { records } = log.read(all)
    bytes.fill(0)
    log.append(sentBatch([{ value: 'b' }]), nowMs)
    expect(valuesOf(records)).toEqual(['a'])
  })

  test('a read from the middle of a batch begins with the whole batch', () => {
    const log = newLog()
    log.append(sentBatch([{ value: 'a' }, { value: 'b' }, { value: 'c' }]), nowMs)
    expect(valuesOf(log.read({ ...all, offset: 2 }).records)).toEqual(['a', 'b', 'c'])
  })

  test('a read ends before the batch that would be too much, but has at least one', () => {
    const log = newLog()
    const bytes = sentBatch([{ value: 'x'.repeat(10_000) }])
    for (let i = 0; i < 5; i++) log.append(bytes, nowMs)
    const batches = (maxBytes: number): number => batchesIn(log.read({ ...all, offset: 1, maxBytes }).records).length
    expect(batches(1)).toBe(1)
    expect(batches(bytes.length)).toBe(1)
    expect(batches(2 * bytes.length - 1)).toBe(1)
    expect(batches(2 * bytes.length)).toBe(2)
    expect(batches(1_000_000)).toBe(4)
  })

  test('every offset is found among many batches of all sizes, over many segments', () => {
    const log = newLog({ segmentBytes: 20_000 })
    for (let i = 0; i < 300; i++) log.append(sentBatch([{ value: 'x'.repeat((i * 131) % 7000) }, {}]), nowMs)
    for (let offset = 0; offset < 600; offset++) {
      const batch = batchesIn(log.read({ ...all, offset, maxBytes: 1 }).records)[0]!
      expect([batch.baseOffset, batch.checksumFits]).toEqual([offset - (offset % 2), true])
    }
  })

  test('reading at the end gives nothing; behind the end and before the start is out of range', () => {
    const log = newLog()
    log.append(sentBatch([{}]), nowMs)
    expect(log.read({ ...all, offset: 1 })).toMatchObject({ errorCode: 0, records: Buffer.alloc(0) })
    expect(log.read({ ...all, offset: 2 }).errorCode).toBe(kafkaError.OFFSET_OUT_OF_RANGE)
    expect(log.read({ ...all, offset: -1 }).errorCode).toBe(kafkaError.OFFSET_OUT_OF_RANGE)
  })

  test('whoever waits is called after each append, until it no longer wants to be', () => {
    const log = newLog()
    let calls = 0
    const stop = log.onChange(() => calls++)
    log.append(sentBatch([{}]), nowMs)
    stop()
    log.append(sentBatch([{}]), nowMs)
    expect(calls).toBe(1)
  })
})

describe('what is refused', () => {
  const refused = (bytes: Buffer, config: Partial<LogConfig> = {}): string => {
    const log = newLog(config)
    const { errorCode, baseOffset } = log.append(bytes, nowMs)
    expect([baseOffset, log.endOffset]).toEqual([-1, 0])
    return Object.entries(kafkaError).find(([, code]) => code === errorCode)![0]
  }

  test('a batch whose checksum does not fit, or that is cut off', () => {
    const bytes = sentBatch([{ value: 'abc' }])
    expect(refused(bytes.subarray(0, -1))).toBe('CORRUPT_MESSAGE')
    bytes[bytes.length - 2]! ^= 1
    expect(refused(bytes)).toBe('CORRUPT_MESSAGE')
  })

  test('a batch of an old format', () => {
    const bytes = sentBatch([{}])
    bytes[16] = 1
    expect(refused(bytes)).toBe('CORRUPT_MESSAGE')
  })

  test('a batch that is larger than max.message.bytes', () => {
    expect(refused(sentBatch([{ value: 'x'.repeat(1000) }]), { maxMessageBytes: 500 })).toBe('MESSAGE_TOO_LARGE')
  })

  test('more than fits into a segment', () => {
    expect(refused(sentBatch([{ value: 'x'.repeat(1000) }]), { segmentBytes: 500 })).toBe('RECORD_LIST_TOO_LARGE')
  })

  test('a record without a key where compaction needs one, and which it is', () => {
    const bytes = sentBatch([{ key: 'a' }, { key: null }])
    const compact = { cleanupPolicy: { delete: false, compact: true } }
    expect(refused(bytes, compact)).toBe('INVALID_RECORD')
    expect(newLog(compact).append(bytes, nowMs).recordErrors).toMatchObject([{ batchIndex: 1 }])
  })

  test('a timestamp further ahead of the clock than allowed; no limit counts where the broker sets the time', () => {
    const bytes = sentBatch([{ timestamp: nowMs + 3_600_001 }])
    expect(refused(bytes)).toBe('INVALID_TIMESTAMP')
    expect(newLog({ messageTimestampType: 'LogAppendTime' }).append(bytes, nowMs).errorCode).toBe(0)
  })

  test('control records of a client', () => {
    const bytes = sentBatch([{}])
    const [header] = batchesIn(bytes)
    bytes.writeInt16BE(0b10_0000, 21)
    header!.sealChecksum()
    expect(refused(bytes)).toBe('INVALID_RECORD')
  })

  test('nothing of a request is stored when one of its batches is refused', () => {
    const bad = sentBatch([{ value: 'b' }])
    bad[bad.length - 1]! ^= 1
    expect(refused(Buffer.concat([sentBatch([{ value: 'a' }]), bad]))).toBe('CORRUPT_MESSAGE')
  })
})

describe('what the broker sets', () => {
  test('LogAppendTime: every record has the time of the append, and the checksum fits', () => {
    const log = newLog({ messageTimestampType: 'LogAppendTime' })
    expect(log.append(sentBatch([{ timestamp: 5 }, { timestamp: 7 }]), nowMs).logAppendTimeMs).toBe(nowMs)
    expect(recordsIn(log.read(all).records).map(({ timestamp }) => timestamp)).toEqual([nowMs, nowMs])
  })

  test('the largest timestamp, where the header says another (KafkaJS takes the one of the last record)', () => {
    const bytes = sentBatch([{ timestamp: 9 }, { timestamp: 5 }])
    bytes.writeBigInt64BE(5n, 35)
    batchesIn(bytes)[0]!.sealChecksum()
    const log = newLog()
    log.append(bytes, nowMs)
    const [batch] = batchesIn(log.read(all).records)
    expect([batch!.maxTimestamp, batch!.checksumFits]).toEqual([9, true])
  })

  test.each(['gzip', 'snappy', 'lz4', 'uncompressed'] as const)(
    'compression.type %s: batches are stored so',
    (type) => {
      const log = newLog({ compressionType: type })
      log.append(sentBatch([{ value: 'x'.repeat(100) }], { compression: type === 'gzip' ? 'lz4' : 'gzip' }), nowMs)
      const [batch] = batchesIn(log.read(all).records)
      expect(['uncompressed', 'gzip', 'snappy', 'lz4'][batch!.compressionCode]).toBe(type)
      expect(valuesOf(log.read(all).records)).toEqual(['x'.repeat(100)])
    },
  )
})

describe('idempotence', () => {
  const from = (sequence: number, count = 1, epoch = 0): Buffer =>
    sentBatch(
      Array.from({ length: count }, () => ({})),
      { producerId: 7, sequence, epoch },
    )

  test('a repeat of one of the last five batches is answered with its offset, and not written', () => {
    const log = newLog()
    for (let i = 0; i < 6; i++) log.append(from(2 * i, 2), nowMs)
    for (let i = 1; i < 6; i++)
      expect(log.append(from(2 * i, 2), nowMs)).toMatchObject({ errorCode: 0, baseOffset: 2 * i })
    expect(log.append(from(0, 2), nowMs).errorCode).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(log.endOffset).toBe(12)
  })

  test('a gap in the sequence is refused; it goes on after 2^31 - 1 with 0', () => {
    const log = newLog()
    expect(log.append(from(0x7fff_fffe, 2), nowMs).errorCode).toBe(0)
    expect(log.append(from(1), nowMs).errorCode).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(log.append(from(0), nowMs).errorCode).toBe(0)
  })

  test('a new epoch begins at sequence 0, and fences the old one', () => {
    const log = newLog()
    log.append(from(0), nowMs)
    expect(log.append(from(1, 1, 1), nowMs).errorCode).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(log.append(from(0, 1, 1), nowMs).errorCode).toBe(0)
    expect(log.append(from(1), nowMs).errorCode).toBe(kafkaError.INVALID_PRODUCER_EPOCH)
  })

  test('without a producer id nothing is checked, whatever epoch and sequence say (KafkaJS sends 0 and 0)', () => {
    const log = newLog()
    const bytes = sentBatch([{}], { producerId: -1, epoch: 0, sequence: 0 })
    expect([log.append(bytes, nowMs).baseOffset, log.append(bytes, nowMs).baseOffset]).toEqual([0, 1])
  })

  test('several batches of one append are checked together, and none counts when one is refused', () => {
    const log = newLog()
    const gap = Buffer.concat([from(0), from(2)])
    expect(log.append(gap, nowMs).errorCode).toBe(kafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER)
    expect(log.append(Buffer.concat([from(0), from(1)]), nowMs)).toMatchObject({ errorCode: 0, baseOffset: 0 })
  })
})

describe('transactions', () => {
  const write = (log: PartitionLog, producerId: number, sequence: number, value: string): void => {
    const bytes = sentBatch([{ value }], { producerId, sequence, transactional: true })
    expect(log.append(bytes, nowMs).errorCode).toBe(0)
  }
  const end = (log: PartitionLog, producerId: number, type: 'commit' | 'abort', epoch = 0): number =>
    log.writeMarker({ producerId, epoch, coordinatorEpoch: 0, type }, nowMs).errorCode

  test('readers of committed records wait at the first open transaction', () => {
    const log = newLog()
    log.append(sentBatch([{ value: 'a' }]), nowMs)
    write(log, 1, 0, 'b')
    write(log, 2, 0, 'c')
    expect(log.lastStableOffset).toBe(1)
    expect(valuesOf(log.read({ ...all, committed: true }).records)).toEqual(['a'])
    expect(valuesOf(log.read(all).records)).toEqual(['a', 'b', 'c'])
    expect(log.read({ ...all, offset: 2, committed: true })).toMatchObject({ errorCode: 0, records: Buffer.alloc(0) })
    end(log, 1, 'commit')
    expect(log.lastStableOffset).toBe(2)
    end(log, 2, 'commit')
    expect(log.lastStableOffset).toBe(5)
  })

  test('aborted transactions are listed where they overlap what was read', () => {
    const log = newLog()
    write(log, 1, 0, 'a')
    write(log, 2, 0, 'b')
    end(log, 1, 'abort')
    write(log, 3, 0, 'c')
    end(log, 2, 'abort')
    end(log, 3, 'commit')
    const aborted = (offset: number, maxBytes: number): number[] =>
      log.read({ offset, maxBytes, committed: true }).aborted!.map(({ producerId }) => producerId)
    expect(aborted(0, 1)).toEqual([1])
    expect(aborted(1, 1)).toEqual([1, 2])
    expect(aborted(3, 1)).toEqual([2])
    expect(aborted(5, 1)).toEqual([])
    expect(aborted(0, 1_000_000)).toEqual([1, 2])
    expect(log.read(all).aborted).toBeNull()
  })

  test('the marker of a transaction that wrote nothing here aborts nothing', () => {
    const log = newLog()
    end(log, 1, 'abort')
    log.append(sentBatch([{}]), nowMs)
    expect(log.read({ ...all, committed: true }).aborted).toEqual([])
  })

  test('a marker with a newer epoch fences the producer; one of an older is refused', () => {
    const log = newLog()
    write(log, 1, 0, 'a')
    expect(end(log, 1, 'abort', 1)).toBe(0)
    const late = sentBatch([{}], { producerId: 1, sequence: 1, transactional: true })
    expect(log.append(late, nowMs).errorCode).toBe(kafkaError.INVALID_PRODUCER_EPOCH)
    expect(end(log, 1, 'abort', 0)).toBe(kafkaError.INVALID_PRODUCER_EPOCH)
  })

  test('a record outside the transaction that its producer has open is refused', () => {
    const log = newLog()
    write(log, 1, 0, 'a')
    const outside = sentBatch([{}], { producerId: 1, sequence: 1 })
    expect(log.append(outside, nowMs).errorCode).toBe(kafkaError.INVALID_TXN_STATE)
  })
})

test('segments that compaction has emptied are passed over, from wherever a reader comes', async () => {
  const log = newLog({ cleanupPolicy: { delete: false, compact: true }, segmentBytes: 150 })
  for (let i = 0; i < 10; i++) log.append(sentBatch([{ key: 'k', value: `v${i}`, timestamp: nowMs }]), nowMs)
  await log.compact(nowMs, async () => {})
  for (let offset = 0; offset <= 7; offset++)
    expect(valuesOf(log.read({ ...all, offset, maxBytes: 1 }).records)).toEqual(['v7'])
})
