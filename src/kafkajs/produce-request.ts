/* The produce request, version 7 (Kafka 2.1), with batches that are encoded already. */
import type { TopicPartition } from '../core/topic-partition.ts'
import { byTopic } from './by-topic.ts'
import { ByteReader } from '../protocol/wire/byte-reader.ts'
import { ByteWriter } from '../protocol/wire/byte-writer.ts'
import { sendRaw, type KafkaJsBroker } from './kafkajs-library.ts'

export interface EncodedBatch extends TopicPartition {
  readonly bytes: Buffer
}

export interface ProduceResult extends TopicPartition {
  readonly errorCode: number
}

/** Acknowledged by all in-sync replicas. */
export async function produceTo(
  broker: KafkaJsBroker,
  batches: readonly EncodedBatch[],
  timeoutMs: number,
): Promise<readonly ProduceResult[]> {
  const request = { apiKey: 0, apiVersion: 7, apiName: 'Produce', body: encode(batches, timeoutMs) }
  return sendRaw(broker, request, decode)
}

function encode(batches: readonly EncodedBatch[], timeoutMs: number): Buffer {
  const size = batches.reduce((sum, { topic, bytes }) => sum + Buffer.byteLength(topic) + 18 + bytes.length, 16)
  const writer = new ByteWriter(size)
  writer.string(null)
  writer.int16(-1)
  writer.int32(timeoutMs)
  const topics = byTopic(batches)
  writer.int32(topics.size)
  for (const [topic, ofTopic] of topics) {
    writer.string(topic)
    writer.int32(ofTopic.length)
    for (const { partition, bytes } of ofTopic) {
      writer.int32(partition)
      writer.int32(bytes.length)
      writer.raw(bytes)
    }
  }
  return writer.bytes()
}

function decode(data: Buffer): ProduceResult[] {
  const results = new ByteReader(data).array((reader) => {
    const topic = reader.string() ?? ''
    return reader.array(() => {
      const partition = reader.int32()
      const errorCode = reader.int16()
      reader.skip(24)
      return { topic, partition, errorCode }
    })
  })
  return results.flat()
}
