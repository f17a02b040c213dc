import { failedJoin } from '../groups/group.ts'
import { unlessGone } from './group-answer.ts'
import type { Handler } from './handler.ts'

/** From here on a new member gets its id first (KIP-394). */
const knownIdVersion = 4
/** The first in which a failure may have no protocol. */
const nullProtocolVersion = 7

export const joinGroup: Handler<'JoinGroup'> = async (request, context) => {
  const { broker, apiVersion, clientHost } = context
  const clientId = context.clientId ?? ''
  const needsKnownId = apiVersion >= knownIdVersion
  const answer = await unlessGone(
    broker.groups.join({ request, clientId, clientHost, needsKnownId }),
    context,
    (errorCode) => failedJoin(errorCode, request.memberId),
  )
  if (answer === null || apiVersion >= nullProtocolVersion) return answer
  return { ...answer, protocolName: answer.protocolName ?? '' }
}
