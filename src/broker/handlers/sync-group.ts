import { kafkaError } from '../../protocol/kafka-error.ts'
import { failedSync } from '../groups/group.ts'
import { unlessGone } from './group-answer.ts'
import type { Handler } from './handler.ts'

/** The first version that has to say which protocol it is for (KIP-559). */
const protocolVersion = 5

export const syncGroup: Handler<'SyncGroup'> = (request, context) => {
  const { protocolType, protocolName } = request
  if (context.apiVersion >= protocolVersion && (protocolType === null || protocolName === null))
    return failedSync(kafkaError.INCONSISTENT_GROUP_PROTOCOL)
  return unlessGone(context.broker.groups.sync(request), context, failedSync)
}
