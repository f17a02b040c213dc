import { kafkaError } from '../protocol/kafka-error.ts'
import { AnswerError } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'
import type { OffsetOf } from './list-offsets.ts'

/** Who asks, in which generation of the group. */
export interface MemberIdentity {
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
  /** Null: a dynamic member. */
  readonly groupInstanceId: string | null
}

/** One attempt. @throws AnswerError of the first partition that was refused */
export async function commitOffsets(
  cluster: Cluster,
  { generationId: generationIdOrMemberEpoch, ...member }: MemberIdentity,
  offsets: readonly OffsetOf[],
): Promise<void> {
  const request = { ...member, generationIdOrMemberEpoch, topics: committedTopics(offsets) }
  const coordinator = await cluster.coordinatorOf({ groupId: member.groupId })
  const { topics } = await cluster.send(coordinator, 'OffsetCommit', request)
  for (const { name, partitions } of topics) {
    for (const { partitionIndex, errorCode } of partitions) {
      if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, { topic: name, partition: partitionIndex })
    }
  }
}

function committedTopics(offsets: readonly OffsetOf[]) {
  return [...byTopic(offsets)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition, offset }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedMetadata: null,
    })),
  }))
}
