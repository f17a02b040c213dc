import { kafkaError } from '../../protocol/kafka-error.ts'
import { outcomeOf } from '../refusal.ts'
import { fencedCode } from './fenced-code.ts'
import type { Handler } from './handler.ts'
import { logOf } from './log-context.ts'

/** The first whose clients know PRODUCER_FENCED (KIP-588). */
const fencedVersion = 2

/** All of the partitions, or none when one is not there. */
export const addPartitionsToTxn: Handler<'AddPartitionsToTxn'> = (request, context) => {
  const exists = (topic: string, partition: number): boolean => logOf(context, topic, partition) !== undefined
  const partitions = request.topics.flatMap(({ name, partitions: indexes }) =>
    indexes.map((partition) => ({ topic: name, partition })),
  )
  const complete = partitions.every(({ topic, partition }) => exists(topic, partition))
  const { errorCode } = outcomeOf(() => {
    if (complete) context.broker.transactions.add(request, { partitions })
  })
  const codeOf = (topic: string, partition: number): number => {
    if (complete) return fencedCode(errorCode, context.apiVersion >= fencedVersion)
    return exists(topic, partition) ? kafkaError.OPERATION_NOT_ATTEMPTED : kafkaError.UNKNOWN_TOPIC_OR_PARTITION
  }
  return {
    resultsByTopic: request.topics.map(({ name, partitions: indexes }) => ({
      name,
      resultsByPartition: indexes.map((partitionIndex) => ({
        partitionIndex,
        partitionErrorCode: codeOf(name, partitionIndex),
      })),
    })),
  }
}
