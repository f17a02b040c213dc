import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse } from '../../protocol/messages/messages.ts'
import type { Group } from '../groups/group.ts'
import type { Member } from '../groups/member.ts'
import { groupOperations, unknownOperations } from './authorized-operations.ts'
import type { Handler } from './handler.ts'

type GroupAnswer = NewResponse<'DescribeGroups'>['groups'][number]

const nothing = Buffer.alloc(0)

/** The first version in which a group that there is none of is an error (KIP-1043). */
const notFoundVersion = 6

export const describeGroups: Handler<'DescribeGroups'> = (request, { broker, apiVersion }) => ({
  groups: request.groups.map((groupId) => {
    const group = broker.groups.get(groupId)
    if (group === undefined && apiVersion >= notFoundVersion) return notFound(groupId)
    const authorizedOperations = request.includeAuthorizedOperations ? groupOperations : unknownOperations
    return { ...described(groupId, group), authorizedOperations }
  }),
})

function notFound(groupId: string): GroupAnswer {
  const nobody = { ...described(groupId, undefined), authorizedOperations: unknownOperations }
  return { ...nobody, errorCode: kafkaError.GROUP_ID_NOT_FOUND, errorMessage: `Group ${groupId} not found.` }
}

function described(groupId: string, group: Group | undefined): GroupAnswer {
  const stable = group?.state === 'Stable'
  return {
    errorCode: kafkaError.NONE,
    groupId,
    // Also what a group is that there is none of.
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
