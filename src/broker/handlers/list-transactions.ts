import { kafkaError } from '../../protocol/kafka-error.ts'
import type { Handler } from './handler.ts'

/** Kafka's; this broker is in fewer of them. */
const states = new Set([
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
  'Dead',
  'PrepareEpochFence',
])

export const listTransactions: Handler<'ListTransactions'> = (request, { broker }) => {
  const { stateFilters, producerIdFilters, durationFilter } = request
  const nowMs = broker.clock.now()
  const known = stateFilters.filter((state) => states.has(state))
  return {
    errorCode: kafkaError.NONE,
    unknownStateFilters: stateFilters.filter((state) => !states.has(state)),
    transactionStates: broker.transactions.all
      .filter(({ state }) => stateFilters.length === 0 || known.includes(state))
      .filter(({ producerId }) => producerIdFilters.length === 0 || producerIdFilters.includes(producerId))
      .filter(({ startMs }) => durationFilter < 0 || (startMs >= 0 && nowMs - startMs > durationFilter))
      .map(({ id, producerId, state }) => ({ transactionalId: id, producerId, transactionState: state })),
  }
}
