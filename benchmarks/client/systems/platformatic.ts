/* @platformatic/kafka 1, the last line that runs on Node 20: a stream of messages, large fetches, and sends in chunks. */
import { Consumer, Producer } from '@platformatic/kafka'
import type { Job, Meter, System } from '../job.ts'
import { recordAt } from '../records.ts'

const chunkRecords = 2_000
const sendsAtATime = 4

export const platformatic: System = { consume, produce }

async function consume(job: Job, meter: Meter): Promise<void> {
  const consumer = new Consumer({
    groupId: `bench-${job.topic}-${process.pid}`,
    clientId: 'bench',
    bootstrapBrokers: [job.bootstrap],
    maxBytesPerPartition: 4 << 20,
    maxBytes: 16 << 20,
    maxWaitTime: 500,
    highWaterMark: 65_536,
  })
  const stream = await consumer.consume({ topics: [job.topic], mode: 'earliest', autocommit: false })
  await new Promise<void>((resolve, reject) => {
    stream.on('error', reject)
    stream.on('data', ({ key, value, offset, timestamp }) => {
      meter.add(1, key.length + value.length + Number(offset) + (Number(timestamp) % 2))
      if (meter.isFull) resolve()
    })
  })
  await new Promise<void>((resolve, reject) =>
    consumer.close(true, (error) => (error == null ? resolve() : reject(error))),
  )
}

async function produce(job: Job, meter: Meter): Promise<void> {
  const producer = new Producer({ clientId: 'bench', bootstrapBrokers: [job.bootstrap], autocreateTopics: false })
  let next = 0
  const sendChunks = async (): Promise<void> => {
    while (next < job.records) {
      const start = next
      next = Math.min(job.records, start + chunkRecords)
      const messages = Array.from({ length: next - start }, (_, i) => message(start + i, job))
      await producer.send({ messages, acks: -1, compression: 'lz4' })
    }
  }
  await Promise.all(Array.from({ length: sendsAtATime }, sendChunks))
  meter.add(job.records)
  await producer.close()
}

function message(index: number, { topic, partitionCount }: Job) {
  const { key, value, timestamp } = recordAt(index)
  return { topic, key, value, timestamp: BigInt(timestamp), partition: index % partitionCount }
}
