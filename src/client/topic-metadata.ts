import { kafkaError } from '../protocol/kafka-error.ts'
import type { ResponseOf } from '../protocol/messages/messages.ts'
import { zeroUuid } from '../protocol/wire/primitives.ts'

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
  /** All zeroes: brokers do not tell it (before Kafka 2.8). */
  readonly topicId: string
  /** Counts up when the topic is, or may be, another one of the same name. */
  readonly incarnation: number
  /** By partition. */
  readonly leaders: readonly PartitionLeader[]
}

/**
 * The newer of two answers, partition by partition: a broker that is behind must not bring an old leader back (KIP-320). A
 * topic that was deleted and made anew, with another id, begins again.
 */
export function newerTopic(known: KnownTopic | undefined, answer: TopicAnswer): KnownTopic {
  const { errorCode } = answer
  const topicId = answer.topicId === zeroUuid ? (known?.topicId ?? zeroUuid) : answer.topicId
  const isSame = known !== undefined && isSameTopic(known, { errorCode, topicId })
  const before = isSame ? known.leaders : []
  const incarnation = (known?.incarnation ?? 0) + (isSame ? 0 : 1)
  if (errorCode === kafkaError.LEADER_NOT_AVAILABLE && answer.partitions.length === 0)
    return { errorCode, topicId, incarnation, leaders: before }
  const leaders: PartitionLeader[] = []
  for (const { partitionIndex, leaderId, leaderEpoch } of answer.partitions) {
    const old = before[partitionIndex]
    const isOlder = old !== undefined && leaderEpoch >= 0 && leaderEpoch < old.leaderEpoch
    leaders[partitionIndex] = isOlder ? old : { leaderId, leaderEpoch }
  }
  return { errorCode, topicId, incarnation, leaders }
}

function isSameTopic(known: KnownTopic, { errorCode, topicId }: Pick<KnownTopic, 'errorCode' | 'topicId'>): boolean {
  return hasId(known) ? known.topicId === topicId : errorCode !== kafkaError.UNKNOWN_TOPIC_OR_PARTITION
}

/** A broker does not know the topic, or its leader, as they are known here: it may be another topic, whose epochs begin again. */
export function doubted(known: KnownTopic): KnownTopic {
  return hasId(known) ? known : { ...known, leaders: [], incarnation: known.incarnation + 1 }
}

function hasId({ topicId }: KnownTopic): boolean {
  return topicId !== zeroUuid
}
