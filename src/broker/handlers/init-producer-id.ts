import type { RequestOf } from '../../protocol/messages/messages.ts'
import type { BrokerState } from '../broker-state.ts'
import { outcomeOf, Refusal } from '../refusal.ts'
import type { ProducerIdentity } from '../transactions/transaction.ts'
import { fencedCode } from './fenced-code.ts'
import type { Handler } from './handler.ts'

/** The first whose clients know PRODUCER_FENCED (KIP-588). */
const fencedVersion = 4

export const initProducerId: Handler<'InitProducerId'> = (request, { broker, apiVersion }) => {
  let producer: ProducerIdentity = { producerId: -1, producerEpoch: -1 }
  const { errorCode } = outcomeOf(() => (producer = producerFor(request, broker)))
  const { producerId, producerEpoch } = producer
  return { errorCode: fencedCode(errorCode, apiVersion >= fencedVersion), producerId, producerEpoch }
}

/** @throws Refusal */
function producerFor(request: RequestOf<'InitProducerId'>, { transactions }: BrokerState): ProducerIdentity {
  const { transactionalId, transactionTimeoutMs, producerId, producerEpoch } = request
  if ((producerId === -1) !== (producerEpoch === -1))
    throw new Refusal('INVALID_REQUEST', 'producer id and epoch are given both or not at all')
  if (transactionalId === null) return { producerId: transactions.newProducerId(), producerEpoch: 0 }
  const expected = producerId === -1 ? undefined : { producerId, producerEpoch }
  return transactions.initProducer(transactionalId, transactionTimeoutMs, expected)
}
