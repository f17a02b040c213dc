import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse } from '../../protocol/messages/messages.ts'
import type { Topic } from '../topics/topic.ts'
import type { Handler } from './handler.ts'

type TopicAnswer = NewResponse<'DescribeLogDirs'>['results'][number]['topics'][number]

/** One folder holds all; topics and partitions that there are none of are left out, as Kafka does. */
export const describeLogDirs: Handler<'DescribeLogDirs'> = (request, { broker }) => {
  const wanted = request.topics?.map(({ topic, partitions }) => ({ topic: broker.topics.get(topic), partitions }))
  const sizes =
    wanted?.flatMap(({ topic, partitions }) => (topic === undefined ? [] : [sizesOf(topic, partitions)])) ??
    broker.topics.all.map((topic) => sizesOf(topic))
  return {
    errorCode: kafkaError.NONE,
    results: [{ errorCode: kafkaError.NONE, logDir: '/topics', topics: sizes }],
  }
}

function sizesOf({ name, partitions }: Topic, wanted: readonly number[] = [...partitions.keys()]): TopicAnswer {
  const found = wanted.flatMap((partitionIndex) => {
    const log = partitions[partitionIndex]
    return log === undefined
      ? []
      : [{ partitionIndex, partitionSize: log.sizeInBytes, offsetLag: 0, isFutureKey: false }]
  })
  return { name, partitions: found }
}
