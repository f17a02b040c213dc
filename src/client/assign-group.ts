import { topicPartitionName } from '../core/topic-partition.ts'
import type { ResponseOf } from '../protocol/messages/messages.ts'
import { decodeAddress, encodePlaces } from '../runtime/member-places.ts'
import type { Assignor } from '../runtime/port.ts'
import type { Cluster } from './cluster.ts'
import { decodeSubscription, encodeAssignment } from './group-protocol.ts'

export interface GroupAssignment {
  readonly assignments: readonly { readonly memberId: string; readonly assignment: Buffer }[]
  /** Somebody owns what nobody was given: another rebalance has to follow. */
  readonly withheld: boolean
}

/** What the leader of a group does: decides who gets what, and tells everybody where all are. */
export async function assignGroup(
  cluster: Cluster,
  assignor: Assignor,
  joined: ResponseOf<'JoinGroup'>['members'],
): Promise<GroupAssignment> {
  const members = joined.map(({ memberId, metadata }) => ({ memberId, ...decodeSubscription(metadata) }))
  const topics = [...new Set(members.flatMap((member) => member.topics))].toSorted()
  await cluster.refresh()
  await cluster.addTopics(topics)
  const assignment = assignor(members, new Map(topics.map((topic) => [topic, cluster.partitionCount(topic) ?? 0])))
  const places = members.map(({ memberId, userData }) => ({
    memberId,
    address: decodeAddress(userData),
    partitions: assignment.get(memberId) ?? [],
  }))
  const userData = encodePlaces(places)
  const given = new Set([...assignment.values()].flat().map(topicPartitionName))
  return {
    assignments: places.map(({ memberId, partitions }) => ({
      memberId,
      assignment: encodeAssignment({ partitions, userData }),
    })),
    withheld: members.some(({ owned }) => owned.some((partition) => !given.has(topicPartitionName(partition)))),
  }
}
