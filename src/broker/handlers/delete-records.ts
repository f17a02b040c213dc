import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import { logOf, type LogContext } from './log-context.ts'

type PartitionResponse = NewResponse<'DeleteRecords'>['topics'][number]['partitions'][number]

export function deleteRecords(request: RequestOf<'DeleteRecords'>, context: LogContext): NewResponse<'DeleteRecords'> {
  return {
    topics: request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => deleteIn(name, partitionIndex, { offset, context })),
    })),
  }
}

/** Refused where records are only compacted, as by Kafka: their start is not theirs to give up. */
function deleteIn(
  topic: string,
  partitionIndex: number,
  { offset, context }: { readonly offset: number; readonly context: LogContext },
): PartitionResponse {
  const failed = (errorCode: number): PartitionResponse => ({ partitionIndex, errorCode, lowWatermark: -1 })
  const log = logOf(context, topic, partitionIndex)
  if (log === undefined) return failed(kafkaError.UNKNOWN_TOPIC_OR_PARTITION)
  if (!log.config.cleanupPolicy.delete) return failed(kafkaError.POLICY_VIOLATION)
  const { errorCode, logStartOffset } = log.deleteRecordsBefore(offset, context.broker.clock.now())
  return { partitionIndex, errorCode, lowWatermark: logStartOffset }
}
