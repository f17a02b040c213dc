import { outcomeOf } from '../refusal.ts'
import { fencedCode } from './fenced-code.ts'
import type { Handler } from './handler.ts'

/** The first whose clients know PRODUCER_FENCED (KIP-588). */
const fencedVersion = 2

export const endTxn: Handler<'EndTxn'> = (request, { broker, apiVersion }) => {
  const { errorCode } = outcomeOf(() => broker.transactions.end(request, request.committed))
  return { errorCode: fencedCode(errorCode, apiVersion >= fencedVersion) }
}
