/* What members of a group tell each other: Kafka's own consumer protocol, version 1, so that Kafka's tools can show the group. */
import type { TopicPartition } from '../core/topic-partition.ts'
import { byTopic } from './by-topic.ts'
import { ByteReader } from '../protocol/wire/byte-reader.ts'
import { ByteWriter } from '../protocol/wire/byte-writer.ts'

export interface Subscription {
  readonly topics: readonly string[]
  readonly owned: readonly TopicPartition[]
}

const version = 1

export function encodeSubscription({ topics, owned }: Subscription): Buffer {
  const writer = new ByteWriter()
  writer.int16(version)
  writer.int32(topics.length)
  for (const topic of topics) writer.string(topic)
  writer.int32(-1)
  writePartitions(writer, owned)
  return writer.bytes()
}

/** Also of a member that speaks version 0, which does not say what it owns. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new ByteReader(bytes)
  const theirs = reader.int16()
  const topics = reader.array((r) => r.string() ?? '')
  reader.block()
  return { topics, owned: theirs >= 1 && reader.remaining > 0 ? readPartitions(reader) : [] }
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const writer = new ByteWriter()
  writer.int16(version)
  writePartitions(writer, partitions)
  writer.int32(-1)
  return writer.bytes()
}

/** No bytes: a member to whom the leader gave nothing. */
export function decodeAssignment(bytes: Buffer): readonly TopicPartition[] {
  if (bytes.length === 0) return []
  const reader = new ByteReader(bytes)
  reader.skip(2)
  return readPartitions(reader)
}

function writePartitions(writer: ByteWriter, partitions: readonly TopicPartition[]): void {
  const topics = byTopic(partitions)
  writer.int32(topics.size)
  for (const [topic, ofTopic] of topics) {
    writer.string(topic)
    writer.int32(ofTopic.length)
    for (const { partition } of ofTopic) writer.int32(partition)
  }
}

function readPartitions(reader: ByteReader): TopicPartition[] {
  return reader
    .array((r) => {
      const topic = r.string() ?? ''
      return r.array(() => ({ topic, partition: r.int32() }))
    })
    .flat()
}
