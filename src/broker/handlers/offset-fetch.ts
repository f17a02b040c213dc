import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse, RequestOf } from '../../protocol/messages/messages.ts'
import type { Group } from '../groups/group.ts'
import type { Handler } from './handler.ts'

type Wanted = RequestOf<'OffsetFetch'>['topics']
type TopicAnswer = NonNullable<NewResponse<'OffsetFetch'>['topics']>[number]
type PartitionAnswer = TopicAnswer['partitions'][number]

/** From here on of several groups (KIP-709). */
const batchedVersion = 8

export const offsetFetch: Handler<'OffsetFetch'> = (request, { broker, apiVersion }) => {
  const { groupId, topics, requireStable } = request
  const fetch = (id: string, wanted: Wanted): TopicAnswer[] => offsetsOf(broker.groups.get(id), wanted, requireStable)
  if (apiVersion < batchedVersion) return { errorCode: kafkaError.NONE, topics: fetch(groupId, topics) }
  return {
    groups: request.groups.map((group) => ({
      groupId: group.groupId,
      errorCode: kafkaError.NONE,
      topics: fetch(group.groupId, group.topics),
    })),
  }
}

/** Null: all that were committed. A group that there is none of has committed nothing. */
function offsetsOf(group: Group | undefined, wanted: Wanted, requireStable: boolean): TopicAnswer[] {
  return (wanted ?? committedBy(group)).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partition) => offsetOf(group, { topic: name, partition }, requireStable)),
  }))
}

function committedBy(group: Group | undefined): NonNullable<Wanted> {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of group?.offsets.all ?? [])
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), partition])
  return [...byTopic].map(([name, partitionIndexes]) => ({ name, partitionIndexes }))
}

function offsetOf(
  group: Group | undefined,
  at: { readonly topic: string; readonly partition: number },
  requireStable: boolean,
): PartitionAnswer {
  const unstable = requireStable && group?.offsets.isUnstable(at) === true
  const found = unstable ? undefined : group?.offsets.get(at)
  return {
    partitionIndex: at.partition,
    committedOffset: found?.offset ?? -1,
    committedLeaderEpoch: found?.leaderEpoch ?? -1,
    metadata: found?.metadata ?? '',
    errorCode: unstable ? kafkaError.UNSTABLE_OFFSET_COMMIT : kafkaError.NONE,
  }
}
