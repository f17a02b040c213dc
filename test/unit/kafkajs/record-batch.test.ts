import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { crc32c } from '../../../src/kafkajs/crc32c.ts'
import { decodeRecordSet, type AbortedTransaction } from '../../../src/kafkajs/record-batch-decoder.ts'
import { encodeRecordBatch } from '../../../src/kafkajs/record-batch-encoder.ts'
import type { ColumnBatch } from '../../../src/kafkajs/column-batch.ts'
import type { OutgoingRecord } from '../../../src/runtime/port.ts'

const identity = { producerId: 7n, producerEpoch: 1, firstSequence: 42 }

function record(value: string | null, extra: Partial<OutgoingRecord> = {}): OutgoingRecord {
  return {
    topic: 't',
    partition: 0,
    key: null,
    value: value === null ? null : Buffer.from(value),
    timestamp: 1_000,
    headers: [],
    ...extra,
  }
}

/** As the broker stores it: with its offset, and what only a broker or a transactional producer sets. */
function stored(bytes: Buffer, baseOffset: number, change: { attributes?: number; producerId?: bigint } = {}): Buffer {
  const batch = Buffer.from(bytes)
  batch.writeBigInt64BE(BigInt(baseOffset), 0)
  if (change.attributes !== undefined) batch.writeInt16BE(batch.readInt16BE(21) | change.attributes, 21)
  if (change.producerId !== undefined) batch.writeBigInt64BE(change.producerId, 43)
  batch.writeUInt32BE(crc32c(batch, 21, batch.length), 17)
  return batch
}

const decode = (records: Buffer, from = 0, aborted: readonly AbortedTransaction[] = []): Promise<ColumnBatch> =>
  decodeRecordSet({ topic: 't', partition: 0, from, records, aborted })

function values(batch: ColumnBatch): (string | null)[] {
  return Array.from({ length: batch.count }, (_, i) => {
    const value = batch.valueAt(i)
    return value === null ? null : Buffer.from(value).toString()
  })
}

const plain = (text: string, count: number): Buffer =>
  encodeRecordBatch(
    Array.from({ length: count }, (_, i) => record(`${text}${i}`)),
    identity,
    'none',
  )

describe('record batches', () => {
  test.each(['none', 'gzip', 'lz4'] as const)('bring back what was written (%s)', async (compression) => {
    const bytes = fc.option(fc.uint8Array({ maxLength: 50 }))
    const records = fc.array(
      fc.record({
        key: bytes,
        value: bytes,
        timestamp: fc.integer({ min: 0, max: 2 ** 45 }),
        headers: fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), bytes), { maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 40 },
    )
    await fc.assert(
      fc.asyncProperty(records, fc.integer({ min: 0, max: 2 ** 40 }), async (given, baseOffset) => {
        const outgoing = given.map((one) => ({ topic: 't', partition: 0, ...one }))
        const batch = await decode(stored(encodeRecordBatch(outgoing, identity, compression), baseOffset), baseOffset)
        expect(batch.count).toBe(given.length)
        expect(batch.nextOffset).toBe(baseOffset + given.length)
        given.forEach((one, i) => {
          expect(batch.offsetAt(i)).toBe(baseOffset + i)
          expect(batch.timestampAt(i)).toBe(one.timestamp)
          expect(batch.keyAt(i) && [...batch.keyAt(i)!]).toEqual(one.key && [...one.key])
          expect(batch.valueAt(i) && [...batch.valueAt(i)!]).toEqual(one.value && [...one.value])
          expect(batch.headersAt(i).map(([name, value]) => [name, value && [...value]])).toEqual(
            one.headers.map(([name, value]) => [name, value && [...value]]),
          )
        })
      }),
      { numRuns: 50 },
    )
  })

  test('are what KafkaJS reads', async () => {
    const require = createRequire(import.meta.url)
    const decodeTheirs = require('kafkajs/src/protocol/recordBatch/v0/decoder')
    const Decoder = require('kafkajs/src/protocol/decoder')
    const records = [
      record('a', { key: Buffer.from('k'), timestamp: 5_000_000_000 }),
      record(null, { timestamp: 4_999_999_000 }),
    ]
    const theirs = await decodeTheirs(new Decoder(encodeRecordBatch(records, identity, 'none')))
    expect(theirs).toMatchObject({
      producerId: '7',
      producerEpoch: 1,
      firstSequence: 42,
      lastOffsetDelta: 1,
      maxTimestamp: '5000000000',
    })
    expect(theirs.records).toMatchObject([
      { timestamp: '5000000000', key: Buffer.from('k'), value: Buffer.from('a') },
      { timestamp: '4999999000', key: null, value: null },
    ])
  })

  test('behind the asked offset are left out record by record', async () => {
    const batch = await decode(stored(plain('v', 5), 10), 13)
    expect(values(batch)).toEqual(['v3', 'v4'])
    expect([batch.offsetAt(0), batch.nextOffset]).toEqual([13, 15])
  })

  test('that are cut off at the end are left for the next fetch', async () => {
    const second = stored(plain('b', 3), 3)
    for (const length of [0, 10, 60, second.length - 1]) {
      const batch = await decode(Buffer.concat([stored(plain('a', 3), 0), second.subarray(0, length)]))
      expect([values(batch), batch.nextOffset]).toEqual([['a0', 'a1', 'a2'], 3])
    }
  })

  test('with a flipped bit are refused', async () => {
    const bytes = stored(plain('v', 3), 0)
    bytes[70] = bytes[70]! ^ 4
    await expect(decode(bytes)).rejects.toThrow('checksum')
  })

  test('of an old format are refused by name', async () => {
    const bytes = stored(plain('v', 3), 0)
    bytes[16] = 1
    await expect(decode(bytes)).rejects.toThrow('message format 1')
  })

  test('with the time of appending give that time', async () => {
    const bytes = encodeRecordBatch([record('a', { timestamp: 5 }), record('b', { timestamp: 9 })], identity, 'none')
    const batch = await decode(stored(bytes, 0, { attributes: 0b1000 }))
    expect([batch.timestampAt(0), batch.timestampAt(1)]).toEqual([9, 9])
  })

  test('of aborted transactions and control batches are left out, and the position moves past them', async () => {
    const marker = (type: number): Buffer => {
      const key = Buffer.from([0, 0, 0, type])
      return encodeRecordBatch([record('', { key })], identity, 'none')
    }
    const transactional = 0b1_0000
    const control = transactional | 0b10_0000
    const records = Buffer.concat([
      stored(plain('aborted', 2), 0, { attributes: transactional, producerId: 1n }),
      stored(plain('plain', 1), 2),
      stored(marker(0), 3, { attributes: control, producerId: 1n }),
      stored(plain('kept', 1), 4, { attributes: transactional, producerId: 1n }),
      stored(marker(1), 5, { attributes: control, producerId: 1n }),
    ])
    const batch = await decode(records, 0, [{ producerId: 1n, firstOffset: 0 }])
    expect([values(batch), batch.nextOffset]).toEqual([['plain0', 'kept0'], 6])
    expect(values(await decode(records))).toEqual(['aborted0', 'aborted1', 'plain0', 'kept0'])
  })

  test('whose records were all compacted away still move the position', async () => {
    const bytes = stored(plain('v', 4), 0).subarray(0, 61)
    bytes.writeInt32BE(61 - 12, 8)
    bytes.writeInt32BE(0, 57)
    const batch = await decode(stored(bytes, 100), 100)
    expect([batch.count, batch.nextOffset]).toEqual([0, 104])
  })
})

test('crc32c gives the published values', () => {
  const of = (bytes: Buffer): number => crc32c(bytes, 0, bytes.length)
  expect(of(Buffer.from('123456789'))).toBe(0xe3069283)
  expect(of(Buffer.alloc(32))).toBe(0x8a9136aa)
  expect(of(Buffer.alloc(32, 0xff))).toBe(0x62a8ab43)
  expect(of(Buffer.from(Array.from({ length: 32 }, (_, i) => i)))).toBe(0x46dd794e)
})
