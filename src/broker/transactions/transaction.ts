/* A transactional id and what becomes of it (Kafka's TransactionMetadata): data, and the changes that each state allows. */
import type { KafkaErrorName } from '../../protocol/kafka-error.ts'
import { Refusal } from '../refusal.ts'

/** As DescribeTransactions and ListTransactions print them. */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface Transaction {
  readonly id: string
  readonly state: TransactionState
  readonly producerId: number
  readonly producerEpoch: number
  /** The epoch before, for who asks again because the answer was lost (KIP-360); -1: none. */
  readonly lastProducerEpoch: number
  /** The id whose epochs ran out; -1: none. */
  readonly previousProducerId: number
  readonly timeoutMs: number
  /** -1 before the first. */
  readonly startMs: number
  readonly partitions: readonly TopicPartition[]
  /** The groups whose offsets are in it. */
  readonly groups: readonly string[]
}

/** Who says that it is the producer of a transactional id. */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

/** The last epoch is kept for fencing alone. */
const producerEpochMax = 32_767

function isEpochExhausted(epoch: number): boolean {
  return epoch >= producerEpochMax - 1
}

/** What becomes of EndTxn: `end` it, `done` already (a repeated request), or an error. */
export type EndVerdict = 'end' | 'done' | Extract<KafkaErrorName, 'INVALID_TXN_STATE' | 'CONCURRENT_TRANSACTIONS'>

const endVerdicts: Readonly<Record<TransactionState, Readonly<Record<'commit' | 'abort', EndVerdict>>>> = {
  Empty: { commit: 'INVALID_TXN_STATE', abort: 'INVALID_TXN_STATE' },
  Ongoing: { commit: 'end', abort: 'end' },
  PrepareCommit: { commit: 'CONCURRENT_TRANSACTIONS', abort: 'INVALID_TXN_STATE' },
  PrepareAbort: { commit: 'INVALID_TXN_STATE', abort: 'CONCURRENT_TRANSACTIONS' },
  CompleteCommit: { commit: 'done', abort: 'INVALID_TXN_STATE' },
  CompleteAbort: { commit: 'INVALID_TXN_STATE', abort: 'done' },
}

export function endVerdict({ state }: Transaction, committed: boolean): EndVerdict {
  return endVerdicts[state][committed ? 'commit' : 'abort']
}

/** Whether its markers are still to be written. */
export function isPrepared({ state }: Transaction): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort'
}

/** @throws Refusal INVALID_PRODUCER_ID_MAPPING, PRODUCER_FENCED */
export function checkProducer(transaction: Transaction, { producerId, producerEpoch }: ProducerIdentity): void {
  const { id } = transaction
  if (producerId !== transaction.producerId)
    throw new Refusal('INVALID_PRODUCER_ID_MAPPING', `${id} belongs to another producer id than ${producerId}`)
  if (producerEpoch !== transaction.producerEpoch)
    throw new Refusal('PRODUCER_FENCED', `${id}: epoch ${producerEpoch} is not ${transaction.producerEpoch}`)
}

/** Adds to the transaction, which begins with it if none is open. @throws Refusal CONCURRENT_TRANSACTIONS */
export function withParts(
  transaction: Transaction,
  { partitions = [], groups = [] }: Partial<Pick<Transaction, 'partitions' | 'groups'>>,
  nowMs: number,
): Transaction {
  refuseIfPrepared(transaction)
  const startMs = transaction.state === 'Ongoing' ? transaction.startMs : nowMs
  const added = partitions.filter((one) => !hasPartition(transaction, one))
  return {
    ...transaction,
    state: 'Ongoing',
    startMs,
    partitions: [...transaction.partitions, ...added],
    groups: [...new Set([...transaction.groups, ...groups])],
  }
}

export function hasPartition({ partitions }: Transaction, { topic, partition }: TopicPartition): boolean {
  return partitions.some((one) => one.topic === topic && one.partition === partition)
}

/** @throws Refusal CONCURRENT_TRANSACTIONS */
export function refuseIfPrepared(transaction: Transaction): void {
  if (isPrepared(transaction))
    throw new Refusal('CONCURRENT_TRANSACTIONS', `the last transaction of ${transaction.id} is being ended`)
}

export function prepared(transaction: Transaction, committed: boolean): Transaction {
  return { ...transaction, state: committed ? 'PrepareCommit' : 'PrepareAbort' }
}

export function completed(transaction: Transaction): Transaction {
  const state = transaction.state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort'
  return { ...transaction, state, partitions: [], groups: [] }
}

/** An epoch that no producer is given: whoever has the old one is fenced. */
export function fenced(transaction: Transaction): Transaction {
  const producerEpoch = Math.min(transaction.producerEpoch + 1, producerEpochMax)
  return { ...transaction, producerEpoch, lastProducerEpoch: -1 }
}

/**
 * What InitProducerId makes of a transactional id without an open transaction: the next epoch, or when they have run out another
 * producer id. `expected` is who asks, if it says so (KIP-360): one that asks again gets the same again.
 */
export function initialized(
  transaction: Transaction,
  { expected, timeoutMs, newProducerId }: InitOptions,
): Transaction {
  const { producerEpoch: epoch } = transaction
  if (isEpochExhausted(epoch) && (expected === undefined || expected.producerEpoch === epoch))
    return {
      ...transaction,
      state: 'Empty',
      timeoutMs,
      producerId: newProducerId(),
      producerEpoch: 0,
      lastProducerEpoch: expected === undefined ? -1 : epoch,
      previousProducerId: transaction.producerId,
    }
  const isRepeated = expected !== undefined && epoch !== -1 && expected.producerEpoch !== epoch
  if (isRepeated) return { ...transaction, state: 'Empty', timeoutMs }
  const lastProducerEpoch = expected === undefined ? -1 : epoch
  return { ...transaction, state: 'Empty', timeoutMs, producerEpoch: epoch + 1, lastProducerEpoch }
}

export interface InitOptions {
  readonly expected: ProducerIdentity | undefined
  readonly timeoutMs: number
  readonly newProducerId: () => number
}

/** Who says who it is may go on, unless another one has come. @throws Refusal PRODUCER_FENCED */
export function checkExpected(transaction: Transaction, expected: ProducerIdentity | undefined): void {
  if (expected === undefined || transaction.producerEpoch === -1) return
  const { producerId, producerEpoch } = expected
  const isOwn = producerId === transaction.producerId
  const isRotated = producerId === transaction.previousProducerId && isEpochExhausted(producerEpoch)
  const isCurrent = producerEpoch === transaction.producerEpoch || producerEpoch === transaction.lastProducerEpoch
  if ((isOwn || isRotated) && isCurrent) return
  throw new Refusal(
    'PRODUCER_FENCED',
    `${transaction.id}: producer ${producerId}, epoch ${producerEpoch}, has been fenced`,
  )
}
