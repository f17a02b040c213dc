/* The fetch response, its partitions by hand: read in half the time of derived code. A test holds it to the table. */
import { ProtocolError } from '../../core/errors.ts'
import type { Codec } from '../wire/codec.ts'
import type { Decoded } from '../wire/message-table.ts'
import { arrayOf, int16, int32, int64, recordsCodec, stringCodec } from '../wire/primitives.ts'
import { structCodec, type Format } from '../wire/struct-codec.ts'
import { skipTaggedFields } from '../wire/tagged-fields.ts'
import { fetch } from './fetch.ts'
import type { ResponseOf } from './messages.ts'

type FetchResponse = ResponseOf<'Fetch'>
type Topic = FetchResponse['responses'][number]
type Partition = Topic['partitions'][number]
type Aborted = NonNullable<Partition['abortedTransactions']>[number]

const { throttleTimeMs, errorCode, sessionId } = fetch.response
const { divergingEpoch, currentLeader, snapshotId } = fetch.response.responses.partitions
/** Once in a response, and rare in a partition: derived from the table. */
const headFields = { throttleTimeMs, errorCode, sessionId }
const tagFields = { divergingEpoch, currentLeader, snapshotId }

export function fetchResponseCodec(version: number): Codec<FetchResponse> {
  const format: Format = { version, flexible: version >= fetch.flexible }
  const { flexible } = format
  const head = structCodec(headFields, { version, flexible: false })
  const topics = arrayOf(topicCodec(format), { flexible, nullable: false })
  return {
    bytesMin: head.bytesMin + topics.bytesMin + (flexible ? 1 : 0),
    read(reader) {
      const { throttleTimeMs, errorCode, sessionId } = head.read(reader) as Decoded<typeof headFields>
      const response = { throttleTimeMs, errorCode, sessionId, responses: topics.read(reader)! }
      if (flexible) skipTaggedFields(reader)
      return response
    },
    write(writer, response) {
      head.write(writer, response)
      topics.write(writer, response.responses)
      if (flexible) writer.unsignedVarint(0)
    },
  }
}

function topicCodec(format: Format): Codec<Topic> {
  const { flexible } = format
  const name = stringCodec({ flexible, nullable: false })
  const partitions = arrayOf(partitionCodec(format), { flexible, nullable: false })
  return {
    bytesMin: name.bytesMin + partitions.bytesMin + (flexible ? 1 : 0),
    read(reader) {
      const topic = { topic: name.read(reader)!, partitions: partitions.read(reader)! }
      if (flexible) skipTaggedFields(reader)
      return topic
    },
    write(writer, topic) {
      name.write(writer, topic.topic)
      partitions.write(writer, topic.partitions)
      if (flexible) writer.unsignedVarint(0)
    },
  }
}

function partitionCodec(format: Format): Codec<Partition> {
  const { version, flexible } = format
  const aborted = arrayOf(abortedCodec(flexible), { flexible, nullable: true })
  const records = recordsCodec({ flexible, nullable: true })
  const tags = structCodec(tagFields, format)
  return {
    bytesMin:
      22 + (version >= 5 ? 8 : 0) + (version >= 11 ? 4 : 0) + aborted.bytesMin + records.bytesMin + tags.bytesMin,
    read: (reader) => ({
      partitionIndex: reader.int32(),
      errorCode: reader.int16(),
      highWatermark: reader.int64(),
      lastStableOffset: reader.int64(),
      logStartOffset: version >= 5 ? reader.int64() : -1,
      abortedTransactions: aborted.read(reader),
      preferredReadReplica: version >= 11 ? reader.int32() : -1,
      records: records.read(reader),
      ...(tags.read(reader) as Decoded<typeof tagFields>),
    }),
    write(writer, partition) {
      const { lastStableOffset = -1, logStartOffset = -1, preferredReadReplica = -1 } = partition as Partial<Partition>
      int32.write(writer, partition.partitionIndex)
      int16.write(writer, partition.errorCode)
      int64.write(writer, partition.highWatermark)
      int64.write(writer, lastStableOffset)
      if (version >= 5) int64.write(writer, logStartOffset)
      aborted.write(writer, partition.abortedTransactions)
      if (version >= 11) int32.write(writer, preferredReadReplica)
      else if (preferredReadReplica !== -1) throw new ProtocolError('this version cannot say preferredReadReplica')
      records.write(writer, partition.records)
      tags.write(writer, partition)
    },
  }
}

function abortedCodec(flexible: boolean): Codec<Aborted> {
  return {
    bytesMin: 16 + (flexible ? 1 : 0),
    read(reader) {
      const aborted = { producerId: reader.int64(), firstOffset: reader.int64() }
      if (flexible) skipTaggedFields(reader)
      return aborted
    },
    write(writer, { producerId, firstOffset }) {
      int64.write(writer, producerId)
      int64.write(writer, firstOffset)
      if (flexible) writer.unsignedVarint(0)
    },
  }
}
