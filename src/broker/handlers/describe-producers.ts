import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse } from '../../protocol/messages/messages.ts'
import { lastSequenceOf } from '../log/producer-state.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Handler } from './handler.ts'
import { logOf } from './log-context.ts'

type PartitionAnswer = NewResponse<'DescribeProducers'>['topics'][number]['partitions'][number]

export const describeProducers: Handler<'DescribeProducers'> = ({ topics }, context) => ({
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      ...producersOf(logOf(context, name, partitionIndex)),
    })),
  })),
})

function producersOf(log: PartitionLog | undefined): Omit<PartitionAnswer, 'partitionIndex'> {
  if (log === undefined)
    return { errorCode: kafkaError.UNKNOWN_TOPIC_OR_PARTITION, errorMessage: null, activeProducers: [] }
  const activeProducers = [...log.producers].map(([producerId, state]) => ({
    producerId,
    producerEpoch: state.epoch,
    lastSequence: lastSequenceOf(state),
    lastTimestamp: state.lastSeenMs,
    coordinatorEpoch: state.coordinatorEpoch,
    currentTxnStartOffset: state.transactionOffset,
  }))
  return { errorCode: kafkaError.NONE, errorMessage: null, activeProducers }
}
