import { BrokerError, TaskMigratedError } from '../core/errors.ts'
import type { OffsetOf } from './list-offsets.ts'
import type { MemberIdentity } from './offset-commit.ts'

export function instanceFenced({ groupId, groupInstanceId }: MemberIdentity, cause: unknown): BrokerError {
  const message =
    `another member of the group ${groupId} has the groupInstanceId '${groupInstanceId}' too, and came later: this one ` +
    `stops. Give every instance an id of its own, and stop an instance before its successor starts`
  return new BrokerError('MILLRACE_INSTANCE_FENCED', message, { retriable: false, cause })
}

export function notAMember(
  { groupId }: Pick<MemberIdentity, 'groupId'>,
  [first]: readonly OffsetOf[],
  {
    why = `this member is no longer part of the group ${groupId}`,
    cause,
  }: { why?: string | undefined; cause?: unknown },
): TaskMigratedError {
  const facts = { topic: first?.topic, partition: first?.partition, cause }
  return new TaskMigratedError(`${why}: nothing was committed`, facts)
}

export function strangersIn(groupId: string, cause: unknown): BrokerError {
  const message =
    `the group ${groupId} has members that rebalance in another way: instances of a Millrace that rebalanced eagerly, or ` +
    `another program with this group id. Stop them first, or use another applicationId`
  return new BrokerError('MILLRACE_BROKER_FAILED', message, { retriable: false, cause })
}
