import { kafkaError } from '../../protocol/kafka-error.ts'
import type { NewResponse } from '../../protocol/messages/messages.ts'
import type { Transaction } from '../transactions/transaction.ts'
import type { Handler } from './handler.ts'

type TransactionAnswer = NewResponse<'DescribeTransactions'>['transactionStates'][number]

/** Offsets of groups are no partitions here: there is no topic of them. */
export const describeTransactions: Handler<'DescribeTransactions'> = ({ transactionalIds }, { broker }) => ({
  transactionStates: transactionalIds.map((id) => {
    const transaction = broker.transactions.get(id)
    return transaction === undefined ? missing(id) : described(transaction)
  }),
})

function described(transaction: Transaction): TransactionAnswer {
  const topics = [...new Set(transaction.partitions.map(({ topic }) => topic))]
  return {
    errorCode: kafkaError.NONE,
    transactionalId: transaction.id,
    transactionState: transaction.state,
    transactionTimeoutMs: transaction.timeoutMs,
    transactionStartTimeMs: transaction.startMs,
    producerId: transaction.producerId,
    producerEpoch: transaction.producerEpoch,
    topics: topics.map((topic) => ({
      topic,
      partitions: transaction.partitions.filter((one) => one.topic === topic).map(({ partition }) => partition),
    })),
  }
}

function missing(transactionalId: string): TransactionAnswer {
  return {
    errorCode: transactionalId === '' ? kafkaError.INVALID_REQUEST : kafkaError.TRANSACTIONAL_ID_NOT_FOUND,
    transactionalId,
    transactionState: '',
    transactionTimeoutMs: 0,
    transactionStartTimeMs: 0,
    producerId: 0,
    producerEpoch: 0,
    topics: [],
  }
}
