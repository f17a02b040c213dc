import { kafkaError } from '../../protocol/kafka-error.ts'
import { outcomeOf } from '../refusal.ts'
import type { Handler } from './handler.ts'

/** From here on several may leave at once (KIP-345). */
const batchedVersion = 3

export const leaveGroup: Handler<'LeaveGroup'> = (request, { broker, apiVersion }) => {
  const { groupId, memberId } = request
  const leaving = apiVersion < batchedVersion ? [{ memberId, groupInstanceId: null }] : request.members
  let codes: readonly number[] = []
  const { errorCode } = outcomeOf(() => (codes = broker.groups.leave(groupId, leaving)))
  if (apiVersion < batchedVersion) return { errorCode: codes[0] ?? errorCode }
  // Of a group that is not there nobody can be a member; what else is wrong is wrong with the request.
  const ofAll = errorCode === kafkaError.UNKNOWN_MEMBER_ID ? kafkaError.NONE : errorCode
  const members = leaving.map((one, i) => ({
    memberId: one.memberId,
    groupInstanceId: one.groupInstanceId,
    errorCode: codes[i] ?? errorCode,
  }))
  return { errorCode: ofAll, members }
}
