/* The produce request by hand: read in half the time of derived code, and a broker lives on it. A test holds it to the table. */
import type { Codec } from '../wire/codec.ts'
import { arrayOf, int16, int32, recordsCodec, stringCodec } from '../wire/primitives.ts'
import { skipTaggedFields } from '../wire/tagged-fields.ts'
import type { NewRequest, RequestOf } from './messages.ts'
import { produce } from './produce.ts'

type ProduceRequest = RequestOf<'Produce'>
type Topic = ProduceRequest['topicData'][number]
type Partition = Topic['partitionData'][number]

export function produceRequestCodec(version: number): Codec<ProduceRequest> {
  const flexible = version >= produce.flexible
  const transactionalId = stringCodec({ flexible, nullable: true })
  const topics = arrayOf(topicCodec(flexible), { flexible, nullable: false })
  return {
    bytesMin: transactionalId.bytesMin + int16.bytesMin + int32.bytesMin + topics.bytesMin + (flexible ? 1 : 0),
    read(reader) {
      const request = {
        transactionalId: transactionalId.read(reader),
        acks: reader.int16(),
        timeoutMs: reader.int32(),
        topicData: topics.read(reader)!,
      }
      if (flexible) skipTaggedFields(reader)
      return request
    },
    write(writer, request: NewRequest<'Produce'>) {
      transactionalId.write(writer, request.transactionalId ?? null)
      int16.write(writer, request.acks)
      int32.write(writer, request.timeoutMs)
      topics.write(writer, request.topicData)
      if (flexible) writer.unsignedVarint(0)
    },
  }
}

function topicCodec(flexible: boolean): Codec<Topic> {
  const name = stringCodec({ flexible, nullable: false })
  const partitions = arrayOf(partitionCodec(flexible), { flexible, nullable: false })
  return {
    bytesMin: name.bytesMin + partitions.bytesMin + (flexible ? 1 : 0),
    read(reader) {
      const topic = {
        name: name.read(reader)!,
        partitionData: partitions.read(reader)!,
      }
      if (flexible) skipTaggedFields(reader)
      return topic
    },
    write(writer, topic) {
      name.write(writer, topic.name)
      partitions.write(writer, topic.partitionData)
      if (flexible) writer.unsignedVarint(0)
    },
  }
}

function partitionCodec(flexible: boolean): Codec<Partition> {
  const records = recordsCodec({ flexible, nullable: true })
  return {
    bytesMin: int32.bytesMin + records.bytesMin + (flexible ? 1 : 0),
    read(reader) {
      const partition = { index: reader.int32(), records: records.read(reader) }
      if (flexible) skipTaggedFields(reader)
      return partition
    },
    write(writer, { index, records: batches }) {
      int32.write(writer, index)
      records.write(writer, batches)
      if (flexible) writer.unsignedVarint(0)
    },
  }
}
