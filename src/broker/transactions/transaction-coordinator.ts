/*
 * The transactions of the broker (Kafka's TransactionCoordinator, without the second version of KIP-890). One ends in three steps, of
 * which a crash may come between any two: PREPARE is kept, markers are written, COMPLETE is kept. What is prepared is completed,
 * if not now then later or after a restart.
 */
import type { Clock, Timer } from '../../core/clock.ts'
import { StateError } from '../../core/errors.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import type { BrokerConfig } from '../broker-config.ts'
import type { GroupCoordinator } from '../groups/group-coordinator.ts'
import { FramedLog } from '../log/framed-log.ts'
import type { Storage } from '../log/storage.ts'
import { outcomeOf, Refusal } from '../refusal.ts'
import type { Topics } from '../topics/topics.ts'
import { ProducerIds } from './producer-ids.ts'
import {
  checkExpected,
  checkProducer,
  completed,
  endVerdict,
  fenced,
  hasPartition,
  initialized,
  isPrepared,
  prepared,
  refuseIfPrepared,
  withParts,
  type ProducerIdentity,
  type TopicPartition,
  type Transaction,
} from './transaction.ts'

export interface TransactionCoordinatorOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly config: BrokerConfig
  readonly topics: Topics
  readonly groups: GroupCoordinator
}

export interface TransactionalProducer extends ProducerIdentity {
  readonly transactionalId: string
}

type Change = { readonly transaction: Transaction } | { readonly reservedProducerIds: number }

/** There is one coordinator, and always has been. */
const coordinatorEpoch = 0
const retryMs = 1_000

export class TransactionCoordinator {
  readonly #options: TransactionCoordinatorOptions
  readonly #transactions = new Map<string, Transaction>()
  readonly #timers = new Map<string, Timer>()
  readonly #producerIds: ProducerIds
  readonly #log: FramedLog

  /** Takes up what the storage has: what was prepared is completed, what was open may time out. */
  constructor(options: TransactionCoordinatorOptions) {
    this.#options = options
    this.#producerIds = new ProducerIds((end) => this.#log.append(encode({ reservedProducerIds: end })))
    this.#log = FramedLog.open(options.storage, 'transactions.log', {
      apply: (payload) => this.#apply(JSON.parse(payload.toString()) as Change),
      snapshot: () => this.#snapshot(),
    })
    for (const transaction of this.all) {
      if (isPrepared(transaction)) this.#complete(transaction)
      else if (transaction.state === 'Ongoing') this.#expireLater(transaction)
    }
  }

  #apply(change: Change): void {
    if ('transaction' in change) this.#transactions.set(change.transaction.id, change.transaction)
    else this.#producerIds.skipTo(change.reservedProducerIds)
  }

  *#snapshot(): Iterable<Buffer> {
    yield encode({ reservedProducerIds: this.#producerIds.reservedEnd })
    for (const transaction of this.#transactions.values()) yield encode({ transaction })
  }

  get all(): readonly Transaction[] {
    return [...this.#transactions.values()]
  }

  get(transactionalId: string): Transaction | undefined {
    return this.#transactions.get(transactionalId)
  }

  /** What could not be kept has not happened. @throws StateError */
  #keep(transaction: Transaction): void {
    const before = this.#transactions.get(transaction.id)
    this.#transactions.set(transaction.id, transaction)
    try {
      this.#log.append(encode({ transaction }))
    } catch (error) {
      if (before === undefined) this.#transactions.delete(transaction.id)
      else this.#transactions.set(transaction.id, before)
      throw error
    }
  }

  /** For a producer without transactions. @throws StateError */
  newProducerId(): number {
    return this.#producerIds.next()
  }

  /**
   * The producer of a transactional id from now on; who was it before is fenced, and its open transaction aborted: then this one has
   * to ask again.
   *
   * @throws Refusal
   */
  initProducer(transactionalId: string, timeoutMs: number, expected?: ProducerIdentity): ProducerIdentity {
    this.#checkInit(transactionalId, timeoutMs)
    const newProducerId = (): number => this.#producerIds.next()
    const transaction = this.get(transactionalId) ?? newTransaction(transactionalId, newProducerId())
    refuseIfPrepared(transaction)
    checkExpected(transaction, expected)
    if (transaction.state === 'Ongoing') {
      this.#fenceAndAbort(transaction)
      throw new Refusal('CONCURRENT_TRANSACTIONS', `the last transaction of ${transactionalId} is being aborted`)
    }
    const next = initialized(transaction, { expected, timeoutMs, newProducerId })
    this.#keep(next)
    return next
  }

  #checkInit(transactionalId: string, timeoutMs: number): void {
    const { transactionTimeoutMaxMs: max, limits } = this.#options.config
    if (transactionalId === '') throw new Refusal('INVALID_REQUEST', 'a transactional id may not be empty')
    if (timeoutMs <= 0 || timeoutMs > max)
      throw new Refusal('INVALID_TRANSACTION_TIMEOUT', `a timeout of ${timeoutMs} ms is not from 1 to ${max} ms`)
    if (this.#transactions.size >= limits.transactionalIdsMax && !this.#transactions.has(transactionalId))
      throw new Refusal('POLICY_VIOLATION', `there are ${limits.transactionalIdsMax} transactional ids`)
  }

  /** @throws Refusal */
  #of(producer: TransactionalProducer): Transaction {
    const { transactionalId } = producer
    if (transactionalId === '') throw new Refusal('INVALID_REQUEST', 'a transactional id may not be empty')
    const transaction = this.get(transactionalId)
    if (transaction === undefined)
      throw new Refusal('INVALID_PRODUCER_ID_MAPPING', `there is no transactional id ${transactionalId}`)
    checkProducer(transaction, producer)
    return transaction
  }

  /** Adds to the open transaction, or begins one. @throws Refusal */
  add(producer: TransactionalProducer, parts: Partial<Pick<Transaction, 'partitions' | 'groups'>>): void {
    const transaction = this.#of(producer)
    const next = withParts(transaction, parts, this.#options.clock.now())
    const isSame =
      next.partitions.length === transaction.partitions.length && next.groups.length === transaction.groups.length
    if (transaction.state === 'Ongoing' && isSame) return
    this.#keep(next)
    if (transaction.state !== 'Ongoing') this.#expireLater(next)
  }

  /** Aborts it when its time is over; its producer is fenced. */
  #expireLater({ id, startMs, timeoutMs }: Transaction): void {
    this.#setTimer(id, startMs + timeoutMs - this.#options.clock.now(), () => {
      const transaction = this.get(id)!
      if (transaction.state === 'Ongoing') this.#fenceAndAbort(transaction)
    })
  }

  /** What the storage refuses is tried again. */
  #setTimer(id: string, delayMs: number, action: () => void): void {
    this.#timers.get(id)?.cancel()
    const run = (): void => {
      try {
        action()
      } catch (error) {
        if (!(error instanceof StateError)) throw error
        this.#setTimer(id, retryMs, action)
      }
    }
    this.#timers.set(id, this.#options.clock.setTimer(delayMs, run))
  }

  #fenceAndAbort(transaction: Transaction): void {
    this.#end(fenced(transaction), false)
  }

  /** Commits or aborts. Once it is prepared it is done, whatever may come. @throws Refusal */
  end(producer: TransactionalProducer, committed: boolean): void {
    const transaction = this.#of(producer)
    const verdict = endVerdict(transaction, committed)
    if (verdict === 'done') return
    if (verdict !== 'end') throw new Refusal(verdict, `the transaction of ${transaction.id} is ${transaction.state}`)
    this.#end(transaction, committed)
  }

  #end(transaction: Transaction, committed: boolean): void {
    const preparation = prepared(transaction, committed)
    this.#keep(preparation)
    this.#timers.get(transaction.id)?.cancel()
    this.#complete(preparation)
  }

  /** May be done twice: a second marker ends nothing. */
  #complete(transaction: Transaction): void {
    try {
      this.#writeMarkers(transaction)
      this.#keep(completed(transaction))
    } catch (error) {
      if (!(error instanceof StateError)) throw error
      this.#setTimer(transaction.id, retryMs, () => this.#complete(transaction))
    }
  }

  /** A topic that was deleted meanwhile needs none. */
  #writeMarkers({ state, producerId, producerEpoch: epoch, partitions, groups }: Transaction): void {
    const committed = state === 'PrepareCommit'
    const marker = { type: committed ? 'commit' : 'abort', producerId, epoch, coordinatorEpoch } as const
    for (const { topic, partition } of partitions) {
      const log = this.#options.topics.partition(topic, partition)
      if (log?.isClosed === false) log.writeMarker(marker, this.#options.clock.now())
    }
    this.#options.groups.endTransaction(producerId, groups, committed)
  }

  /** For Produce: 0 when the transaction is open and has the partition in it (KIP-890, part 1). */
  verifyPartition(write: TransactionalProducer & TopicPartition): number {
    return this.#verify(write, 'NOT_ENOUGH_REPLICAS', (transaction) => hasPartition(transaction, write))
  }

  /** For TxnOffsetCommit: the same of a group. */
  verifyGroup(producer: TransactionalProducer, groupId: string): number {
    return this.#verify(producer, 'COORDINATOR_NOT_AVAILABLE', ({ groups }) => groups.includes(groupId))
  }

  /** `again`: what these clients take for a reason to try again. They know no PRODUCER_FENCED here. */
  #verify(
    producer: TransactionalProducer,
    again: 'NOT_ENOUGH_REPLICAS' | 'COORDINATOR_NOT_AVAILABLE',
    has: (transaction: Transaction) => boolean,
  ): number {
    const { errorCode } = outcomeOf(() => {
      const transaction = this.#of(producer)
      refuseIfPrepared(transaction)
      if (transaction.state !== 'Ongoing' || !has(transaction))
        throw new Refusal('INVALID_TXN_STATE', `${transaction.id} has no open transaction with this in it`)
    })
    if (errorCode === kafkaError.PRODUCER_FENCED) return kafkaError.INVALID_PRODUCER_EPOCH
    return errorCode === kafkaError.CONCURRENT_TRANSACTIONS ? kafkaError[again] : errorCode
  }

  /** Nothing happens by itself any more. */
  close(): void {
    for (const timer of this.#timers.values()) timer.cancel()
    this.#log.close()
  }
}

function encode(change: Change): Buffer {
  return Buffer.from(JSON.stringify(change))
}

function newTransaction(id: string, producerId: number): Transaction {
  return {
    id,
    state: 'Empty',
    producerId,
    producerEpoch: -1,
    lastProducerEpoch: -1,
    previousProducerId: -1,
    timeoutMs: 0,
    startMs: -1,
    partitions: [],
    groups: [],
  }
}
