import { outcomeOf } from '../refusal.ts'
import { fencedCode } from './fenced-code.ts'
import type { Handler } from './handler.ts'

/** The first whose clients know PRODUCER_FENCED (KIP-588). */
const fencedVersion = 2

export const addOffsetsToTxn: Handler<'AddOffsetsToTxn'> = (request, { broker, apiVersion }) => {
  const { errorCode } = outcomeOf(() => broker.transactions.add(request, { groups: [request.groupId] }))
  return { errorCode: fencedCode(errorCode, apiVersion >= fencedVersion) }
}
