import { kafkaError } from '../../protocol/kafka-error.ts'
import type { RequestOf } from '../../protocol/messages/messages.ts'
import { Refusal } from '../refusal.ts'
import { failedSync, type Group } from './group.ts'
import { syncError } from './group-state.ts'
import type { SyncAnswer } from './member.ts'

/** A member asks for its assignment, and gets it when the leader has sent all of them. @throws Refusal */
export function syncGroup(group: Group, request: RequestOf<'SyncGroup'>, answer: (answer: SyncAnswer) => void): void {
  const { memberId, groupInstanceId, generationId, assignments } = request
  const member = group.currentMember(memberId, groupInstanceId, generationId)
  checkProtocol(group, request)
  const error = syncError[group.state]
  if (error !== 'NONE') throw new Refusal(error, `group ${group.id} is ${group.state}`)
  group.synced(member)
  if (group.state === 'Stable') {
    group.keepAlive(member)
    return answer(group.assigned(member))
  }
  member.awaitSync(answer, failedSync(kafkaError.REBALANCE_IN_PROGRESS))
  if (group.members.leaderId === memberId)
    group.assign(new Map(assignments.map((one) => [one.memberId, Buffer.from(one.assignment)])))
}

/** Versions from 5 on say what was chosen (KIP-559). */
function checkProtocol(group: Group, request: RequestOf<'SyncGroup'>): void {
  const { protocolType, protocolName } = request
  const differs = (said: string | null, is: string | null): boolean => said !== null && said !== is
  if (differs(protocolType, group.protocolType) || differs(protocolName, group.protocolName))
    throw new Refusal('INCONSISTENT_GROUP_PROTOCOL', `group ${group.id} has chosen another protocol`)
}
