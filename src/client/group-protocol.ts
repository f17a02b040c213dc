/* What members of a group tell each other: Kafka's own consumer protocol, version 1, so that Kafka's tools can show the group. */
import type { TopicPartition } from '../core/topic-partition.ts'
import { byTopic } from './by-topic.ts'
import { ByteReader } from '../protocol/wire/byte-reader.ts'
import { ByteWriter } from '../protocol/wire/byte-writer.ts'

export interface Subscription {
  readonly topics: readonly string[]
  readonly owned: readonly TopicPartition[]
  /** None: empty. */
  readonly userData: Uint8Array
}

export interface Assignment {
  readonly partitions: readonly TopicPartition[]
  readonly userData: Uint8Array
}

const version = 1

export function encodeSubscription({ topics, owned, userData }: Subscription): Buffer {
  const writer = new ByteWriter()
  writer.int16(version)
  writer.int32(topics.length)
  for (const topic of topics) writer.string(topic)
  writeUserData(writer, userData)
  writePartitions(writer, owned)
  return writer.bytes()
}

/** Also of a member that speaks version 0, which does not say what it owns. */
export function decodeSubscription(bytes: Buffer): Subscription {
  const reader = new ByteReader(bytes)
  const theirs = reader.int16()
  const topics = reader.array((r) => r.string() ?? '')
  const userData = reader.block()
  return { topics, userData, owned: theirs >= 1 && reader.remaining > 0 ? readPartitions(reader) : [] }
}

export function encodeAssignment({ partitions, userData }: Assignment): Buffer {
  const writer = new ByteWriter()
  writer.int16(version)
  writePartitions(writer, partitions)
  writeUserData(writer, userData)
  return writer.bytes()
}

/** No bytes: a member to whom the leader gave nothing. */
export function decodeAssignment(bytes: Buffer): Assignment {
  if (bytes.length === 0) return { partitions: [], userData: bytes }
  const reader = new ByteReader(bytes)
  reader.skip(2)
  return { partitions: readPartitions(reader), userData: reader.block() }
}

function writeUserData(writer: ByteWriter, userData: Uint8Array): void {
  writer.int32(userData.length === 0 ? -1 : userData.length)
  writer.raw(userData)
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
