import { kafkaError } from '../../protocol/kafka-error.ts'
import type { RequestOf } from '../../protocol/messages/messages.ts'
import { outcomeOf, Refusal } from '../refusal.ts'
import type { Group } from './group.ts'

export type Leaving = Pick<RequestOf<'LeaveGroup'>['members'][number], 'memberId' | 'groupInstanceId'>

/** Takes members out, several at once: what others do with their partitions begins when all are gone. Returns their error codes. */
export function leaveGroup(group: Group, leaving: readonly Leaving[]): number[] {
  const codes = leaving.map((member) => outcomeOf(() => leave(group, member)).errorCode)
  if (codes.includes(kafkaError.NONE)) group.rebalanceAfterRemoval()
  return codes
}

/** @throws Refusal */
function leave(group: Group, { memberId, groupInstanceId }: Leaving): void {
  if (group.pending.take(memberId)) return
  group.remove(group.memberOf(idOf(group, { memberId, groupInstanceId }), groupInstanceId))
}

/** An administrator removes a static member by the name of its instance alone. */
function idOf(group: Group, { memberId, groupInstanceId }: Leaving): string {
  if (memberId !== '') return memberId
  const id = groupInstanceId === null ? undefined : group.members.idOfInstance(groupInstanceId)
  if (id === undefined) throw new Refusal('UNKNOWN_MEMBER_ID', `group ${group.id}: no such member`)
  return id
}
