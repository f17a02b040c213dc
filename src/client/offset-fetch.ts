import type { TopicPartition } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import type { ResponseOf } from '../protocol/messages/messages.ts'
import { AnswerError, checkAnswer } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'
import type { CommittedPosition } from './leader-epochs.ts'

/** The first version that can say `requireStable` (KIP-447). */
const stableVersion = 7

export interface CommittedOffsets {
  /** A partition without a committed offset is absent. */
  readonly committed: readonly CommittedPosition[]
  /** With `requireStable`: about these a transaction that is under way will decide. */
  readonly unstable: readonly TopicPartition[]
}

/** What a group committed. @throws AnswerError of the first partition that was refused */
export async function fetchOffsets(
  cluster: Cluster,
  { groupId, requireStable = false }: { readonly groupId: string; readonly requireStable?: boolean },
  partitions: readonly TopicPartition[],
): Promise<CommittedOffsets> {
  if (partitions.length === 0) return { committed: [], unstable: [] }
  const coordinator = await cluster.coordinatorOf({ groupId })
  const topics = [...byTopic(partitions)].map(([name, ofTopic]) => ({
    name,
    partitionIndexes: ofTopic.map(({ partition }) => partition),
  }))
  const answer = await cluster.send(coordinator, 'OffsetFetch', (version) => ({
    ...(version < 8 ? { groupId, topics } : { groups: [{ groupId, topics }] }),
    requireStable: requireStable && version >= stableVersion,
  }))
  const found = answer.groups[0] ?? answer
  checkAnswer(found.errorCode)
  return sorted(found.topics)
}

function sorted(topics: ResponseOf<'OffsetFetch'>['topics']): CommittedOffsets {
  const committed: CommittedPosition[] = []
  const unstable: TopicPartition[] = []
  for (const { name: topic, partitions } of topics) {
    for (const { partitionIndex: partition, committedOffset: offset, committedLeaderEpoch, errorCode } of partitions) {
      if (errorCode === kafkaError.UNSTABLE_OFFSET_COMMIT) unstable.push({ topic, partition })
      else if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, { topic, partition })
      else if (offset >= 0) committed.push({ topic, partition, offset, leaderEpoch: committedLeaderEpoch })
    }
  }
  return { committed, unstable }
}
