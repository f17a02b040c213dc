import type { TopicPartition } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import { AnswerError, checkAnswer } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'
import type { CommittedPosition } from './leader-epochs.ts'

/** The first version that can say `requireStable` (KIP-447). */
const stableVersion = 7

/**
 * What a group committed; a partition without a committed offset is absent. `requireStable`: rejects with UNSTABLE_OFFSET_COMMIT,
 * which is retriable, while a transaction is under way that will change it.
 */
export async function fetchOffsets(
  cluster: Cluster,
  { groupId, requireStable = false }: { readonly groupId: string; readonly requireStable?: boolean },
  partitions: readonly TopicPartition[],
): Promise<readonly CommittedPosition[]> {
  if (partitions.length === 0) return []
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
  return found.topics.flatMap(({ name, partitions: offsets }) =>
    offsets
      .map(({ partitionIndex, committedOffset, committedLeaderEpoch, errorCode }) => {
        const partition = { topic: name, partition: partitionIndex }
        if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, partition)
        return { ...partition, offset: committedOffset, leaderEpoch: committedLeaderEpoch }
      })
      .filter(({ offset }) => offset >= 0),
  )
}
