import type { RequestOf } from '../../protocol/messages/messages.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import { Refusal } from '../refusal.ts'
import { failedJoin, type Group } from './group.ts'
import { Member, type JoinAnswer, type MemberTerms } from './member.ts'

export interface Joining {
  readonly request: RequestOf<'JoinGroup'>
  readonly clientId: string
  readonly clientHost: string
  /** Whether a new member first gets an id and has to join with that: versions from 4 on (KIP-394). */
  readonly needsKnownId: boolean
}

type Answer = (answer: JoinAnswer) => void

const maySayAgain = failedJoin(kafkaError.REBALANCE_IN_PROGRESS)

/** Lets a member join, or join again; `answer` is called when the generation is there. @throws Refusal */
export function joinGroup(group: Group, joining: Joining, answer: Answer): void {
  const { memberId } = joining.request
  if (!hasRoom(group, memberId)) {
    group.pending.take(memberId)
    throw new Refusal('GROUP_MAX_SIZE_REACHED', `group ${group.id} has as many members as a group may have`)
  }
  if (!agrees(group, joining.request))
    throw new Refusal(
      'INCONSISTENT_GROUP_PROTOCOL',
      `group ${group.id} is of type ${group.protocolType}, and its members have no protocol in common with this one`,
    )
  if (memberId === '') joinNew(group, joining, answer)
  else if (group.pending.take(memberId)) addMember(group, memberId, { joining, answer })
  else joinAgain(group, joining, answer)
  group.completeJoinIfAll()
}

/** During a rebalance those count who have joined: an old member may not come back. */
function hasRoom({ state, members, context }: Group, memberId: string): boolean {
  const member = members.get(memberId)
  switch (state) {
    case 'Empty':
    case 'Dead':
      return true
    case 'PreparingRebalance':
      return member?.isAwaitingJoin === true || members.awaitingJoinCount < context.membersMax
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || members.size < context.membersMax
  }
}

function agrees({ state, protocolType, members }: Group, request: Joining['request']): boolean {
  if (state === 'Empty') return request.protocolType !== '' && request.protocols.length > 0
  return protocolType === request.protocolType && members.shareOneOf(request.protocols)
}

function joinNew(group: Group, joining: Joining, answer: Answer): void {
  const { request, clientId, needsKnownId } = joining
  const { groupInstanceId: instanceId } = request
  const memberId = group.context.newMemberId(instanceId ?? clientId)
  const known = instanceId === null ? undefined : group.members.idOfInstance(instanceId)
  if (known !== undefined) return returnStatic(group, group.members.get(known)!, { memberId, joining, answer })
  if (instanceId !== null || !needsKnownId) return addMember(group, memberId, { joining, answer })
  group.pending.add(memberId, request.sessionTimeoutMs)
  answer(failedJoin(kafkaError.MEMBER_ID_REQUIRED, memberId))
}

interface Call {
  readonly joining: Joining
  readonly answer: Answer
}

function addMember(group: Group, memberId: string, { joining, answer }: Call): void {
  const member = newMember(memberId, joining)
  member.awaitJoin(answer, maySayAgain)
  group.add(member, joining.request.protocolType)
  group.rebalance()
}

function newMember(id: string, { request, clientId, clientHost }: Joining): Member {
  return new Member({ id, instanceId: request.groupInstanceId, clientId, clientHost }, termsOf(request))
}

/** The bytes are copied: they would keep the whole request in memory. */
function termsOf({ sessionTimeoutMs, rebalanceTimeoutMs, protocols }: Joining['request']): MemberTerms {
  return {
    sessionTimeoutMs,
    // Version 0 has none.
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
    protocols: protocols.map(({ name, metadata }) => ({ name, metadata: Buffer.from(metadata) })),
  }
}

/** A static member that has started again takes its place under a new id, without a rebalance if it changes nothing (KIP-345). */
function returnStatic(group: Group, old: Member, call: Call & { readonly memberId: string }): void {
  const { memberId, joining, answer } = call
  // Before version 9 it is not told that it leads, as it would assign anew.
  const leader = group.members.leaderId!
  const member = newMember(memberId, joining)
  group.replace(old, member)
  group.keepAlive(member)
  if (group.state === 'Stable' && group.members.electProtocol() === group.protocolName) {
    group.context.keep(group)
    answer(group.joined(member, leader))
    return
  }
  member.awaitJoin(answer, maySayAgain)
  group.rebalance()
}

function joinAgain(group: Group, joining: Joining, answer: Answer): void {
  const { memberId, groupInstanceId, protocols } = joining.request
  const member = group.memberOf(memberId, groupInstanceId)
  const same = member.hasProtocols(protocols)
  const missedAnswer = group.state === 'CompletingRebalance' && same
  // A leader that joins again wants to assign anew: something changed that only it knows of, as the partitions of a topic.
  const nothingNew = group.state === 'Stable' && same && group.members.leaderId !== memberId
  if (missedAnswer || nothingNew) return answer(group.joined(member))
  member.terms = termsOf(joining.request)
  member.awaitJoin(answer, maySayAgain)
  group.rebalance()
}
