import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import { leaderEpochError, logOf, type LogContext } from './log-context.ts'

type Request = RequestOf<'OffsetForLeaderEpoch'>
type Wanted = Request['topics'][number]['partitions'][number]
type PartitionResponse = NewResponse<'OffsetForLeaderEpoch'>['topics'][number]['partitions'][number]

export function offsetForLeaderEpoch(request: Request, context: LogContext): NewResponse<'OffsetForLeaderEpoch'> {
  return {
    topics: request.topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((wanted) => epochEnd(topic, wanted, context)),
    })),
  }
}

function epochEnd(
  topic: string,
  { partition, currentLeaderEpoch, leaderEpoch }: Wanted,
  context: LogContext,
): PartitionResponse {
  const log = logOf(context, topic, partition)
  if (log === undefined) return { partition, errorCode: kafkaError.UNKNOWN_TOPIC_OR_PARTITION }
  const errorCode = leaderEpochError(log, currentLeaderEpoch)
  if (errorCode !== kafkaError.NONE) return { partition, errorCode }
  const end = log.endOffsetForEpoch(leaderEpoch)
  if (end === undefined) return { partition, errorCode }
  return { partition, errorCode, leaderEpoch: end.epoch, endOffset: end.endOffset }
}
