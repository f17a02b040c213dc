import { Refusal } from '../refusal.ts'
import type { Group } from './group.ts'

/** Who says that it may commit offsets of a group. */
export interface Committer {
  readonly groupId: string
  /** Empty for who is no member. */
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** -1 for who is no member. */
  readonly generation: number
}

/**
 * Whether offsets of a group may be committed (ClassicGroup.validateOffsetCommit): by members of this generation alone, and by
 * others while there are no members. A transaction that names no member, as before KIP-447, is fenced by its producer's epoch.
 *
 * @throws Refusal
 */
export function checkCommit(group: Group, committer: Committer, transactional: boolean): void {
  const { memberId, groupInstanceId, generation } = committer
  if (generation < 0 && group.state === 'Empty') return
  if (generation >= 0 || memberId !== '' || groupInstanceId !== null) {
    const member = group.currentMember(memberId, groupInstanceId, generation)
    // A commit is a sign of life.
    if (group.state === 'Stable' || group.state === 'PreparingRebalance') group.keepAlive(member)
  } else if (!transactional)
    throw new Refusal('UNKNOWN_MEMBER_ID', `group ${group.id} has members, and this commit is of none of them`)
  // It knows the generation, and has no assignment in it yet.
  if (!transactional && group.state === 'CompletingRebalance')
    throw new Refusal('REBALANCE_IN_PROGRESS', `group ${group.id} is being assigned`)
}
