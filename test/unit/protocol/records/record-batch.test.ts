import { createRequire } from 'node:module'
import * as zlib from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Compression } from '../../../../src/protocol/compression/compression.ts'
import { attribute, batchAt, BatchHeader } from '../../../../src/protocol/records/batch-header.ts'
import { readMarker, writeMarker } from '../../../../src/protocol/records/control-batch.ts'
import { RecordBatchWriter, recordBytesMax } from '../../../../src/protocol/records/record-batch-writer.ts'
import { RecordCursor } from '../../../../src/protocol/records/record-cursor.ts'
import { inBytes } from '../../../support/in-bytes.ts'
import { readRecords, storedBatch, storedTexts, textsOf } from '../../../support/record-batches.ts'

const writable: readonly Compression[] = [
  'none',
  'gzip',
  'snappy',
  'lz4',
  ...('zstdCompressSync' in zlib ? (['zstd'] as const) : []),
]
const place = { topic: 't', partition: 3 }
const bytes = fc.option(fc.uint8Array({ maxLength: 300 }))
/** Any UTF-16, lone surrogates among it. */
const text = fc.oneof(
  fc.string({ maxLength: 60 }),
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 60 }),
)
const timestamp = fc.oneof(fc.integer({ min: -1, max: 2 ** 45 }), fc.constant(2 ** 51))
const record = fc.record({
  key: bytes,
  value: bytes,
  timestamp,
  headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), bytes), { maxLength: 3 }),
})
const textRecord = fc.record({ key: fc.option(text), value: fc.option(text), timestamp, headers: fc.constant([]) })
/** U+FFFD stands for what is not UTF-8: whether it was there nobody can tell. */
function strictText(content: Uint8Array | null): string | undefined {
  const read = content === null ? '\ufffd' : Buffer.from(content).toString('utf8')
  return read.includes('\ufffd') ? undefined : read
}
const plain = (value: Uint8Array | null): readonly number[] | null => value && [...value]

describe('record batches', () => {
  test.each(writable)('bring back what was written (%s)', (compression) => {
    const given = fc.array(record, { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(given, fc.integer({ min: 0, max: 2 ** 40 }), (records, baseOffset) => {
        const fetched = readRecords(storedBatch(records, { baseOffset, compression }), baseOffset)
        expect(fetched.count).toBe(records.length)
        expect(fetched.nextOffset).toBe(baseOffset + records.length)
        records.forEach((one, i) => {
          expect([fetched.offsetAt(i), fetched.timestampAt(i)]).toEqual([baseOffset + i, one.timestamp])
          expect(plain(fetched.keyAt(i))).toEqual(plain(one.key))
          expect(plain(fetched.valueAt(i))).toEqual(plain(one.value))
          expect(fetched.headersAt(i).map(([name, value]) => [name, plain(value)])).toEqual(
            one.headers.map(([name, value]) => [name, plain(value)]),
          )
        })
      }),
      { numRuns: 50 },
    )
  })

  test.each(writable)('hand out text as strict UTF-8 says, and nothing for other bytes (%s)', (compression) => {
    const encoded = fc.oneof(fc.string({ maxLength: 40 }), text).map((one) => Buffer.from(one))
    const content = fc.oneof(bytes, encoded)
    const batch = fc.array(fc.record({ key: content, value: content }), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(fc.array(batch, { minLength: 1, maxLength: 3 }), fc.boolean(), (batches, letsGo) => {
        const log = batches.map((records, i) =>
          storedBatch(records, { baseOffset: batches.slice(0, i).flat().length, compression }),
        )
        const fetched = readRecords(Buffer.concat(log))
        batches.flat().forEach(({ key, value }, i) => {
          expect(fetched.keyTextAt(i, letsGo)).toBe(strictText(key))
          expect(fetched.valueTextAt(i, letsGo)).toBe(strictText(value))
        })
      }),
      { numRuns: 100 },
    )
  })

  test('hold text as its bytes', () => {
    fc.assert(
      fc.property(fc.array(textRecord, { minLength: 1, maxLength: 20 }), (records) => {
        const inPlainBytes = storedBatch(records.map((one) => inBytes(one)))
        expect(storedBatch(records).equals(inPlainBytes)).toBe(true)
      }),
    )
  })

  test('are what KafkaJS reads', async () => {
    const require = createRequire(import.meta.url)
    const decodeTheirs = require('kafkajs/src/protocol/recordBatch/v0/decoder')
    const Decoder = require('kafkajs/src/protocol/decoder')
    const writer = new RecordBatchWriter()
    writer.append(Buffer.from('k'), Buffer.from('a'), 5_000_000_000)
    writer.append(null, null, 4_999_999_000)
    const batch = writer.finish('none')
    batch.stamp({ producerId: 7n, producerEpoch: 1, firstSequence: 42, transactional: true })
    const theirs = await decodeTheirs(new Decoder(batch.bytes))
    expect(theirs).toMatchObject({
      producerId: '7',
      producerEpoch: 1,
      firstSequence: 42,
      lastOffsetDelta: 1,
      inTransaction: true,
      firstTimestamp: '5000000000',
      maxTimestamp: '5000000000',
    })
    expect(theirs.records).toMatchObject([
      { timestamp: '5000000000', key: Buffer.from('k'), value: Buffer.from('a') },
      { timestamp: '4999999000', key: null, value: null },
    ])
  })

  test('of which a fetch asked for the end give the records from there', () => {
    const fetched = readRecords(storedTexts(['v0', 'v1', 'v2', 'v3', 'v4'], { baseOffset: 10 }), 13)
    expect(textsOf(fetched)).toEqual(['v3', 'v4'])
    expect([fetched.offsetAt(0), fetched.nextOffset]).toEqual([13, 15])
  })

  test('in one answer are read over their borders, forwards and backwards', () => {
    const first = storedTexts(['a', 'b'], { compression: 'lz4' })
    const empty = storedBatch([{ value: null }], { baseOffset: 2, compression: 'gzip' })
    const last = storedTexts(['c', 'd'], { baseOffset: 3 })
    const fetched = readRecords(Buffer.concat([first, empty, last]), 1)
    expect(textsOf(fetched)).toEqual(['b', null, 'c', 'd'])
    expect(textsOf(fetched)).toEqual(['b', null, 'c', 'd'])
    expect([3, 0, 2].map((i) => fetched.valueAt(i)?.toString())).toEqual(['d', 'b', 'c'])
    fetched.cutAt(3)
    expect(textsOf(fetched)).toEqual(['b', null])
  })

  test('that are cut off at the end are left for the next fetch', () => {
    const second = storedTexts(['b'], { baseOffset: 1 })
    for (const length of [0, 10, 16, 17, 60, second.length - 1]) {
      const fetched = readRecords(Buffer.concat([storedTexts(['a']), second.subarray(0, length)]))
      expect([textsOf(fetched), fetched.nextOffset]).toEqual([['a'], 1])
    }
  })

  test('with a flipped bit anywhere in the checked part are refused, saying where', () => {
    for (const at of [17, 21, 43, 60, 61, 70]) {
      const stored = storedTexts(['value', 'value'], { baseOffset: 77 })
      stored[at] = stored[at]! ^ 4
      expect(() => readRecords(stored)).toThrow(
        expect.objectContaining({ code: 'MILLRACE_RECORDS_CORRUPT', topic: 't', partition: 3, offset: 77 }),
      )
      expect(() => readRecords(stored)).toThrow('cannot read the record batch of t-3 at offset 77')
    }
  })

  test.each([0, 1])('of format %i are refused by name', (magic) => {
    const stored = storedTexts(['a'], { baseOffset: 5 })
    stored[16] = magic
    expect(() => readRecords(stored)).toThrow(`at offset 5: message format ${magic}`)
    expect(() => readRecords(stored.subarray(0, 34))).toThrow(`message format ${magic}`)
  })

  test('of a compression that does not exist are refused', () => {
    const stored = storedTexts(['a'], { attributes: 6 })
    expect(() => readRecords(stored)).toThrow('unknown compression 6')
  })

  test('with the time of appending give that time', () => {
    const records = [5, 9].map((time) => ({ value: null, timestamp: time }))
    const fetched = readRecords(storedBatch(records, { attributes: attribute.appendTime }))
    expect([fetched.timestampAt(0), fetched.timestampAt(1)]).toEqual([9, 9])
  })

  test('with gaps of compaction keep the offsets of what is left', () => {
    const records = [2, 3, 9].map((offsetDelta) => ({ value: null, offsetDelta }))
    const fetched = readRecords(storedBatch(records, { baseOffset: 100 }), 100)
    expect([0, 1, 2].map((i) => fetched.offsetAt(i))).toEqual([102, 103, 109])
    expect(fetched.nextOffset).toBe(110)
  })

  test('whose records were all compacted away still move the position', () => {
    const stored = Buffer.from(storedTexts(['a', 'b', 'c', 'd']).subarray(0, 61))
    stored.writeInt32BE(61 - 12, 8)
    stored.writeInt32BE(0, 57)
    const batch = new BatchHeader(stored, 0)
    batch.sealChecksum()
    batch.baseOffset = 100
    const fetched = readRecords(stored, 100)
    expect([fetched.count, fetched.nextOffset]).toEqual([0, 104])
  })

  test('that claim more records than they have bytes for reserve nothing', () => {
    const stored = storedTexts(['a'])
    for (const count of [2, 2 ** 31 - 1, -1]) {
      stored.writeInt32BE(count, 57)
      new BatchHeader(stored, 0).sealChecksum()
      expect(() => readRecords(stored)).toThrow(/count|over the end/)
    }
  })
})

describe('the header of a batch', () => {
  test('is patched where it lies, and the checksum still fits', () => {
    const log = Buffer.concat([storedTexts(['a']), storedTexts(['b', 'c'])])
    const second = batchAt(log, batchAt(log, 0, place)!.end, place)!
    second.baseOffset = 2 ** 40 + 1
    second.leaderEpoch = 7
    expect(second).toMatchObject({
      baseOffset: 2 ** 40 + 1,
      leaderEpoch: 7,
      lastOffset: 2 ** 40 + 2,
      count: 2,
      checksumFits: true,
    })
    expect(second.end).toBe(log.length)
  })

  test('is stamped anew for a retry without a change of the records', () => {
    const stored = storedTexts(['a'], { compression: 'lz4' })
    const batch = new BatchHeader(stored, 0)
    batch.stamp({ producerId: 2n ** 40n, producerEpoch: 3, firstSequence: 9, transactional: true })
    expect(batch).toMatchObject({
      producerId: 2n ** 40n,
      producerEpoch: 3,
      firstSequence: 9,
      isTransactional: true,
      isControl: false,
      compressionCode: 3,
      checksumFits: true,
    })
    batch.stamp({ producerId: -1n, producerEpoch: -1, firstSequence: -1 })
    expect([batch.isTransactional, batch.producerId, textsOf(readRecords(stored))]).toEqual([false, -1n, ['a']])
  })

  test('of a length below its own is corrupt, never an endless loop', () => {
    const stored = storedTexts(['a'])
    for (const length of [-1, 0, 48, -(2 ** 31)]) {
      stored.writeInt32BE(length, 8)
      expect(() => readRecords(stored)).toThrow('shorter than its header')
    }
  })
})

describe('the writer', () => {
  test('never writes more than it said beforehand, and says what it has', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(record, textRecord), { minLength: 1 }), (records) => {
        const writer = new RecordBatchWriter(16)
        for (const { key, value, timestamp: time, headers } of records) {
          const before = writer.sizeInBytes
          writer.append(key, value, time, { headers })
          expect(writer.sizeInBytes - before).toBeLessThanOrEqual(recordBytesMax(key, value, headers))
          expect(writer.sizeInBytes - before).toBeGreaterThan(recordBytesMax(key, value, headers) - 21)
        }
        expect(writer.finish('none').sizeInBytes).toBe(writer.sizeInBytes)
      }),
    )
  })

  test('serves the next batch after a reset, and the one before stays as it was', () => {
    const writer = new RecordBatchWriter()
    const batches = ['one', 'two'].map((text) => {
      writer.reset()
      writer.append(null, Buffer.from(text), 5)
      const batch = writer.finish('none')
      batch.stamp({ producerId: -1n, producerEpoch: -1, firstSequence: -1 })
      return batch.bytes
    })
    expect(batches.map((batch) => textsOf(readRecords(batch)))).toEqual([['one'], ['two']])
  })
})

describe('markers of transactions', () => {
  test.each(['commit', 'abort'] as const)('bring back %s and the epoch of the coordinator', (type) => {
    const marker = { type, producerId: 5n, producerEpoch: 2, coordinatorEpoch: 11, timestamp: 1_000 }
    const batch = new BatchHeader(writeMarker(marker), 0)
    expect(readMarker(batch, new RecordCursor(place))).toEqual({ type, coordinatorEpoch: 11 })
    expect(batch).toMatchObject({
      isControl: true,
      isTransactional: true,
      producerId: 5n,
      producerEpoch: 2,
      firstSequence: -1,
      checksumFits: true,
    })
  })

  test('of other kinds are none', () => {
    const stored = storedBatch([{ key: Buffer.from([0, 0, 0, 5]), value: null }], { attributes: attribute.control })
    expect(readMarker(new BatchHeader(stored, 0), new RecordCursor(place))).toBeUndefined()
  })
})
