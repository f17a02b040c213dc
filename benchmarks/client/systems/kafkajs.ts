/*
 * KafkaJS, tuned: an LZ4 that does not leave the thread (the same as ours), eachBatch, large fetches, all partitions at once,
 * partitions chosen beforehand. It sends in chunks, as its `send` is quadratic in the number of its messages, five at a time and
 * without idempotence, with which it would send one at a time. It checks no checksum.
 */
import { createRequire } from 'node:module'
import { compress, decompress } from '../../../src/protocol/compression/compression.ts'
import type { Job, Meter, System } from '../job.ts'
import { recordAt } from '../records.ts'

const { Kafka, CompressionTypes, CompressionCodecs, logLevel } = createRequire(import.meta.url)(
  'kafkajs',
) as typeof import('kafkajs')

const chunkRecords = 500
const sendsAtATime = 5

CompressionCodecs[CompressionTypes.LZ4] = () => ({
  compress: async ({ buffer }: { readonly buffer: Buffer }) => compress(buffer, 'lz4'),
  decompress: async (data: Buffer) => decompress(data, CompressionTypes.LZ4),
})

export const kafkaJs: System = { consume, produce }

function connected({ bootstrap }: Job): InstanceType<typeof Kafka> {
  return new Kafka({ brokers: [bootstrap], clientId: 'bench', logLevel: logLevel.ERROR })
}

async function consume(job: Job, meter: Meter): Promise<void> {
  const fetches = { maxBytesPerPartition: 4 << 20, maxBytes: 16 << 20 }
  const consumer = connected(job).consumer({ groupId: `bench-${job.topic}-${process.pid}`, ...fetches })
  await consumer.connect()
  await consumer.subscribe({ topic: job.topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    const eachBatch = async ({ batch }: import('kafkajs').EachBatchPayload): Promise<void> => {
      let checksum = 0
      for (const { key, value, offset, timestamp } of batch.messages)
        checksum += key!.length + value!.length + Number(offset) + (Number(timestamp) % 2)
      meter.add(batch.messages.length, checksum)
      if (meter.isFull) resolve()
    }
    const options = { autoCommit: false, partitionsConsumedConcurrently: job.partitionCount, eachBatch }
    consumer.run(options).catch(reject)
  })
  await consumer.disconnect()
}

async function produce(job: Job, meter: Meter): Promise<void> {
  const producer = connected(job).producer({ allowAutoTopicCreation: false })
  await producer.connect()
  let next = 0
  const sendChunks = async (): Promise<void> => {
    while (next < job.records) {
      const start = next
      next = Math.min(job.records, start + chunkRecords)
      const messages = Array.from({ length: next - start }, (_, i) => message(start + i, job))
      await producer.send({ topic: job.topic, messages, acks: -1, compression: CompressionTypes.LZ4 })
    }
  }
  await Promise.all(Array.from({ length: sendsAtATime }, sendChunks))
  meter.add(job.records)
  await producer.disconnect()
}

function message(index: number, { partitionCount }: Job): import('kafkajs').Message {
  const { key, value, timestamp } = recordAt(index)
  return { key, value, timestamp: String(timestamp), partition: index % partitionCount }
}
