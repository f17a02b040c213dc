import { kafkaError } from '../protocol/kafka-error.ts'
import type { ResponseOf } from '../protocol/messages/messages.ts'

type TopicAnswer = ResponseOf<'Metadata'>['topics'][number]

interface PartitionLeader {
  /** -1: none at the moment. */
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** What a broker last said about one topic. */
export interface KnownTopic {
  /** Kafka's code; a topic with one may still have partitions from an earlier answer. */
  readonly errorCode: number
  readonly topicId: string
  /** By partition. */
  readonly leaders: readonly PartitionLeader[]
}

/**
 * The newer of two answers, partition by partition: a broker that is behind must not bring an old leader back (KIP-320). A
 * topic that was deleted and made anew, with another id, begins again.
 */
export function newerTopic(known: KnownTopic | undefined, answer: TopicAnswer): KnownTopic {
  const { errorCode, topicId } = answer
  const before = known?.topicId === topicId ? known.leaders : []
  if (errorCode === kafkaError.LEADER_NOT_AVAILABLE && answer.partitions.length === 0)
    return { errorCode, topicId, leaders: before }
  const leaders: PartitionLeader[] = []
  for (const { partitionIndex, leaderId, leaderEpoch } of answer.partitions) {
    const old = before[partitionIndex]
    const isOlder = old !== undefined && leaderEpoch >= 0 && leaderEpoch < old.leaderEpoch
    leaders[partitionIndex] = isOlder ? old : { leaderId, leaderEpoch }
  }
  return { errorCode, topicId, leaders }
}
