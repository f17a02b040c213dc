import { AnswerError, ConnectionError } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import type { MemberIdentity } from './offset-commit.ts'

export async function leaveGroup(cluster: Cluster, { groupId, memberId }: MemberIdentity): Promise<void> {
  try {
    await cluster.send(await cluster.coordinatorOf({ groupId }), 'LeaveGroup', (version) =>
      version < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] },
    )
  } catch (error) {
    // No way to the broker: the session time-out does the same.
    if (!(error instanceof ConnectionError || error instanceof AnswerError)) throw error
  }
}
