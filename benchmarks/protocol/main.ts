/* Record batches of 500 records of 200 bytes: our reader and writer beside KafkaJS's own, in one process. */
import { createRequire } from 'node:module'
import { compress, compressionCode, decompress } from '../../src/protocol/compression/compression.ts'
import { batchAt } from '../../src/protocol/records/batch-header.ts'
import { readFetched } from '../../src/protocol/records/read-fetched.ts'
import { RecordBatchWriter } from '../../src/protocol/records/record-batch-writer.ts'
import { RecordCursor } from '../../src/protocol/records/record-cursor.ts'
import { circumstances, measure, type Contestant } from '../measure.ts'

const require = createRequire(import.meta.url)
const { Codecs } = require('kafkajs/src/protocol/message/compression')
const decodeTheirs = require('kafkajs/src/protocol/recordBatch/v0/decoder')
const Decoder = require('kafkajs/src/protocol/decoder')
const { RecordBatch } = require('kafkajs/src/protocol/recordBatch/v0')
const Record = require('kafkajs/src/protocol/recordBatch/record/v0')

const batchRecords = 500
const batches = 80
const place = { topic: 't', partition: 0 }
const now = 1_700_000_000_000
const records = Array.from({ length: batchRecords }, (_, i) => ({
  key: Buffer.from(`customer-${i % 97}`),
  value: Buffer.from(
    `{"id":${i * 7_919},"amount":${(i * 31_337) % 100_000},"merchant":"merchant-${i % 53}","country":"DE"}`.padEnd(
      200,
      'xyzuvw',
    ),
  ),
  timestamp: now + i,
}))

// With our LZ4, as KafkaJS has none: the comparison is of what each does around it.
Codecs[compressionCode.lz4] = () => ({
  compress: async (encoder: { buffer: Buffer }) => compress(encoder.buffer, 'lz4'),
  decompress: async (data: Buffer) => decompress(data, compressionCode.lz4),
})

const writer = new RecordBatchWriter(1 << 18)
function writeOurs(): Buffer {
  writer.reset()
  for (const { key, value, timestamp } of records) writer.append(key, value, timestamp)
  const batch = writer.finish('lz4')
  batch.stamp({ producerId: 1n, producerEpoch: 0, firstSequence: 0 })
  return batch.bytes
}
const one = writeOurs()
const set = Buffer.concat(Array.from({ length: 20 }, () => one))

let checksum = 0
function readByIndex(): number {
  const fetched = readFetched({ ...place, from: 0, records: set, aborted: [] })
  for (let i = 0; i < fetched.count; i++)
    checksum += fetched.keyAt(i)!.length + fetched.valueAt(i)!.length + fetched.offsetAt(i) + fetched.timestampAt(i)
  return fetched.count
}

function readByCursor(): number {
  const cursor = new RecordCursor(place)
  let count = 0
  for (let batch = batchAt(set, 0, place); batch !== undefined; batch = batchAt(set, batch.end, place)) {
    cursor.open(batch)
    for (; cursor.next(); count++)
      checksum += cursor.key()!.length + cursor.value()!.length + cursor.offset + cursor.timestamp
  }
  return count
}

async function readTheirs(): Promise<number> {
  let count = 0
  for (let i = 0; i < 20; i++) {
    const { records: decoded } = await decodeTheirs(new Decoder(one))
    for (const { key, value, offset, timestamp } of decoded)
      checksum += key.length + value.length + Number(offset) + Number(timestamp)
    count += decoded.length
  }
  return count
}

async function writeTheirs(): Promise<number> {
  const theirs = records.map(({ key, value, timestamp }, i) =>
    Record({ offsetDelta: i, timestampDelta: timestamp - now, key, value, headers: {} }),
  )
  const batch = await RecordBatch({
    compression: compressionCode.lz4,
    firstTimestamp: now,
    maxTimestamp: now + batchRecords,
    producerId: 1,
    producerEpoch: 0,
    firstSequence: 0,
    lastOffsetDelta: batchRecords - 1,
    records: theirs,
  })
  checksum += batch.buffer.length
  return batchRecords
}

function repeated(name: string, times: number, once: () => number | Promise<number>): Contestant {
  return {
    name,
    run: async () => {
      let count = 0
      for (let i = 0; i < times; i++) count += await once()
      return count
    },
  }
}

const results = await measure([
  repeated('decode: KafkaJS', 2, readTheirs),
  repeated('decode: by index, as the port hands it out', batches, readByIndex),
  repeated('decode: by cursor', batches, readByCursor),
  repeated('encode: KafkaJS', 40, writeTheirs),
  repeated('encode: RecordBatchWriter', 20 * batches, () => {
    checksum += writeOurs().length
    return batchRecords
  }),
])
const peer = (name: string): number =>
  results.find((result) => result.name === `${name.split(':')[0]}: KafkaJS`)!.recordsPerCpuSecond
const rows = results.map(({ name, recordsPerCpuSecond }) => ({
  name,
  recordsPerCpuSecond: Math.round(recordsPerCpuSecond),
  ratioToKafkaJs: Number((recordsPerCpuSecond / peer(name)).toFixed(2)),
}))
process.stdout.write(`${JSON.stringify({ ...circumstances(), results: rows, checksum }, null, 2)}\n`)
