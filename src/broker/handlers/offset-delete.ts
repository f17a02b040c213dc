import { kafkaError } from '../../protocol/kafka-error.ts'
import type { Partition } from '../groups/committed-offsets.ts'
import { outcomeOf } from '../refusal.ts'
import type { Handler } from './handler.ts'
import { logOf } from './log-context.ts'

export const offsetDelete: Handler<'OffsetDelete'> = (request, context) => {
  const { groupId, topics } = request
  const partitions = topics.flatMap(({ name, partitions: wanted }) =>
    wanted.map(({ partitionIndex }): Partition => ({ topic: name, partition: partitionIndex })),
  )
  const existing = partitions.filter(({ topic, partition }) => logOf(context, topic, partition) !== undefined)
  let inUse: readonly Partition[] = []
  const { errorCode } = outcomeOf(() => (inUse = context.broker.groups.forgetOffsets(groupId, existing)))
  if (errorCode !== kafkaError.NONE) return { errorCode, topics: [] }
  const codeOf = (topic: string, partition: number): number => {
    if (logOf(context, topic, partition) === undefined) return kafkaError.UNKNOWN_TOPIC_OR_PARTITION
    return inUse.some((one) => one.topic === topic) ? kafkaError.GROUP_SUBSCRIBED_TO_TOPIC : kafkaError.NONE
  }
  return {
    errorCode,
    topics: topics.map(({ name, partitions: wanted }) => ({
      name,
      partitions: wanted.map(({ partitionIndex }) => ({ partitionIndex, errorCode: codeOf(name, partitionIndex) })),
    })),
  }
}
