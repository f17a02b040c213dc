import { Refusal } from '../refusal.ts'

/** Of one partition. @throws Refusal INVALID_REPLICA_ASSIGNMENT */
export function checkReplicas(brokerIds: readonly number[], nodeId: number): void {
  if (brokerIds.length === 0)
    throw new Refusal('INVALID_REPLICA_ASSIGNMENT', 'The manual partition assignment includes an empty replica list.')
  const unknown = brokerIds.find((id) => id !== nodeId)
  if (unknown !== undefined)
    throw new Refusal(
      'INVALID_REPLICA_ASSIGNMENT',
      `The manual partition assignment includes broker ${unknown}, but no such broker is registered.`,
    )
  if (brokerIds.length > 1)
    throw new Refusal(
      'INVALID_REPLICA_ASSIGNMENT',
      `The manual partition assignment includes the broker ${nodeId} more than once.`,
    )
}
