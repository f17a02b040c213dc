import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse } from '../../protocol/messages/messages.ts'
import type { Group } from '../groups/group.ts'
import type { Member } from '../groups/member.ts'
import { groupOperations, unknownOperations } from './authorized-operations.ts'
import type { Handler } from './handler.ts'

type GroupAnswer = NewResponse<'DescribeGroups'>['groups'][number]

const nothing = Buffer.alloc(0)

/** A group that there is none of is dead; up to version 5 that is no error. */
export const describeGroups: Handler<'DescribeGroups'> = ({ groups, includeAuthorizedOperations }, { broker }) => ({
  groups: groups.map((groupId) => ({
    ...described(groupId, broker.groups.get(groupId)),
    authorizedOperations: includeAuthorizedOperations ? groupOperations : unknownOperations,
  })),
})

function described(groupId: string, group: Group | undefined): GroupAnswer {
  const stable = group?.state === 'Stable'
  return {
    errorCode: kafkaError.NONE,
    groupId,
    groupState: group?.state ?? 'Dead',
    protocolType: group?.protocolType ?? '',
    // Until it is stable, what its members say is not the last word.
    protocolData: stable ? (group.protocolName ?? '') : '',
    members: [...(group?.members ?? [])].map((member) => describedMember(member, stable ? group.protocolName : null)),
  }
}

function describedMember(member: Member, protocolName: string | null): GroupAnswer['members'][number] {
  const { identity, assignment } = member
  return {
    memberId: identity.id,
    groupInstanceId: identity.instanceId,
    clientId: identity.clientId,
    clientHost: identity.clientHost,
    memberMetadata: protocolName === null ? nothing : member.metadataFor(protocolName),
    memberAssignment: protocolName === null ? nothing : assignment,
  }
}
