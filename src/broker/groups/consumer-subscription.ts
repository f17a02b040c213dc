import { ProtocolError } from '../../core/errors.ts'
import { decodeConsumerSubscription } from '../../protocol/messages/consumer-protocol.ts'
import type { Group } from './group.ts'

/** Whether a group of consumers reads this topic now. One whose members cannot be understood reads any. */
export function isSubscribedTo(group: Group, topic: string): boolean {
  const { members, protocolName } = group
  if (group.protocolType !== 'consumer' || protocolName === null) return false
  try {
    return [...members].some((member) =>
      decodeConsumerSubscription(member.metadataFor(protocolName)).topics.includes(topic),
    )
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error
    return true
  }
}
