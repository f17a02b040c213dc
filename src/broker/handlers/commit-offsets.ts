/* What OffsetCommit and TxnOffsetCommit have in common: which offsets are taken, and an answer for each. */
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import type { Offset } from '../groups/committed-offsets.ts'
import { outcomeOf } from '../refusal.ts'
import type { RequestContext } from './handler.ts'
import { logOf } from './log-context.ts'

type Topics = RequestOf<'OffsetCommit'>['topics']
type Partition = Topics[number]['partitions'][number]

/** `commit` gets those that can be taken; what it is refused, they are. */
export function commitOffsets(
  topics: Topics,
  context: RequestContext,
  commit: (offsets: readonly Offset[]) => void,
): NewResponse<'OffsetCommit'> {
  const checked = topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => ({ partition, errorCode: errorOf(name, partition, context) })),
  }))
  const taken = checked.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ errorCode }) => errorCode === kafkaError.NONE)
      .map(({ partition }) => offsetOf(name, partition)),
  )
  // Nothing to commit: no group is asked, and none is made.
  const outcome = taken.length === 0 ? kafkaError.NONE : outcomeOf(() => commit(taken)).errorCode
  return {
    topics: checked.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partition: { partitionIndex }, errorCode }) => ({
        partitionIndex,
        errorCode: outcome === kafkaError.NONE ? errorCode : outcome,
      })),
    })),
  }
}

function errorOf(topic: string, { partitionIndex, committedMetadata }: Partition, context: RequestContext): number {
  if (logOf(context, topic, partitionIndex) === undefined) return kafkaError.UNKNOWN_TOPIC_OR_PARTITION
  const tooLarge = (committedMetadata?.length ?? 0) > context.broker.config.limits.offsetMetadataMax
  return tooLarge ? kafkaError.OFFSET_METADATA_TOO_LARGE : kafkaError.NONE
}

function offsetOf(topic: string, partition: Partition): Offset {
  return {
    topic,
    partition: partition.partitionIndex,
    offset: partition.committedOffset,
    leaderEpoch: partition.committedLeaderEpoch,
    metadata: partition.committedMetadata ?? '',
  }
}
