import { kafkaError } from '../protocol/kafka-error.ts'
import type { NewRequest } from '../protocol/messages/messages.ts'
import type { ConsumerOptions, GroupMetadata } from '../runtime/port.ts'
import { AnswerError } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'
import type { Position } from './leader-epochs.ts'

/** Who asks, in which generation of the group. */
export type MemberIdentity = GroupMetadata

/** Who has not joined yet. */
export function noMember({ groupId, groupInstanceId = null }: ConsumerOptions): MemberIdentity {
  return { groupId, memberId: '', generationId: -1, groupInstanceId }
}

/** One attempt. @throws AnswerError of the first partition that was refused */
export async function commitOffsets(
  cluster: Cluster,
  { generationId: generationIdOrMemberEpoch, ...member }: MemberIdentity,
  offsets: readonly Position[],
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

export function committedTopics(offsets: readonly Position[]): NewRequest<'TxnOffsetCommit'>['topics'] {
  return [...byTopic(offsets)].map(([name, ofTopic]) => ({
    name,
    partitions: ofTopic.map(({ partition, offset, leaderEpoch = -1 }) => ({
      partitionIndex: partition,
      committedOffset: offset,
      committedLeaderEpoch: leaderEpoch,
      committedMetadata: null,
    })),
  }))
}
