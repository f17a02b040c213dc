/* The fetch request, version 11 (Kafka 2.3): bytes in, columns out, nothing in between. */
import { BrokerError } from '../core/errors.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { AbortedTransaction } from '../protocol/records/aborted-filter.ts'
import { ByteReader } from '../protocol/wire/byte-reader.ts'
import { ByteWriter } from '../protocol/wire/byte-writer.ts'
import { sendRaw, type KafkaJsBroker } from './kafkajs-library.ts'

const apiKey = 1
const apiVersion = 11

export interface FetchOptions {
  readonly maxWaitMs: number
  readonly maxBytes: number
  readonly partitionMaxBytes: number
  readonly readCommitted: boolean
}

export interface PartitionFetch extends TopicPartition {
  readonly errorCode: number
  /** Up to where a reader with this isolation may read: the last stable offset, or the high watermark. */
  readonly end: number
  readonly logStart: number
  readonly aborted: readonly AbortedTransaction[]
  readonly records: Buffer
}

export async function fetchFrom(
  broker: KafkaJsBroker,
  positions: readonly (TopicPartition & { readonly offset: number })[],
  options: FetchOptions,
): Promise<readonly PartitionFetch[]> {
  if ((broker.versions?.[apiKey]?.maxVersion ?? apiVersion) < apiVersion) {
    throw new BrokerError('MILLRACE_BROKER_FAILED', 'the broker is older than Kafka 2.3, which Millrace needs', {
      retriable: false,
    })
  }
  const request = { apiKey, apiVersion, apiName: 'Fetch', body: encode(positions, options) }
  return sendRaw(broker, request, (data) => decode(data, options.readCommitted))
}

function encode(positions: readonly (TopicPartition & { readonly offset: number })[], options: FetchOptions): Buffer {
  const writer = new ByteWriter(64 + positions.length * 48)
  writer.int32(-1)
  writer.int32(options.maxWaitMs)
  writer.int32(1)
  writer.int32(options.maxBytes)
  writer.int8(options.readCommitted ? 1 : 0)
  writer.int32(0)
  writer.int32(-1)
  // One entry a partition, in the given order: the broker fills the response in the order of the request (KIP-74).
  writer.int32(positions.length)
  for (const { topic, partition, offset } of positions) {
    writer.string(topic)
    writer.int32(1)
    writer.int32(partition)
    writer.int32(-1)
    writer.int64(offset)
    writer.int64(-1)
    writer.int32(options.partitionMaxBytes)
  }
  writer.int32(0)
  writer.string('')
  return writer.bytes()
}

function decode(data: Buffer, readCommitted: boolean): PartitionFetch[] {
  const reader = new ByteReader(data)
  reader.skip(4)
  const errorCode = reader.int16()
  reader.skip(4)
  const partitions = reader.array((r) => {
    const topic = r.string() ?? ''
    return r.array(() => decodePartition(r, topic, readCommitted))
  })
  if (errorCode !== 0)
    throw new BrokerError('MILLRACE_BROKER_FAILED', `a fetch failed with code ${errorCode}`, { retriable: true })
  return partitions.flat()
}

function decodePartition(reader: ByteReader, topic: string, readCommitted: boolean): PartitionFetch {
  const partition = reader.int32()
  const errorCode = reader.int16()
  const highWatermark = reader.int64()
  const lastStableOffset = reader.int64()
  const logStart = reader.int64()
  const aborted = reader.array((r) => ({ producerId: r.bigInt64(), firstOffset: r.int64() }))
  reader.skip(4)
  const end = readCommitted && lastStableOffset >= 0 ? lastStableOffset : highWatermark
  return { topic, partition, errorCode, end, logStart, aborted: readCommitted ? aborted : [], records: reader.block() }
}
