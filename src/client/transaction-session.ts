/*
 * One transaction after the other of a producer (KIP-98), as its batches see it: a partition is added to the transaction before its first
 * batch goes out, and with the first batch that fails the transaction is over. It can then only be aborted, after which the producer
 * goes on under its next epoch (KIP-360): what became of the batch, and so of the sequence numbers, nobody knows.
 */
import { topicPartitionName } from '../core/topic-partition.ts'
import type { Cluster } from './cluster.ts'
import type { PartitionQueue, ProducerIdentity } from './partition-queue.ts'
import type { ProducerSession } from './producer-session.ts'
import { fenced, isFenced, mustAbort } from './transaction-errors.ts'
import { addPartitions, type TransactionalIdentity } from './transaction-requests.ts'

export interface TransactionSessionOptions {
  readonly cluster: Cluster
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
  /** `admits` may say yes now, or `failure` has been set. */
  onChange(): void
}

export class TransactionSession implements ProducerSession {
  readonly #options: TransactionSessionOptions
  #identity: ProducerIdentity | undefined
  #isOpen = false
  readonly #added = new Set<string>()
  readonly #wanted = new Map<string, PartitionQueue>()
  #adding = false
  /** The coordinator may know of the transaction: it has to be told of its end. */
  hasBegun = false
  /** Sequence numbers are in doubt: another epoch is needed. */
  isStale = false
  /** Why the transaction can only be aborted. */
  failure: Error | undefined
  /** Why the producer can only be closed. */
  fatal: Error | undefined

  constructor(options: TransactionSessionOptions) {
    this.#options = options
  }

  get identity(): TransactionalIdentity {
    return { transactionalId: this.#options.transactionalId, ...this.#identity! }
  }

  /** Who the producer is from the next transaction on. */
  adopt(identity: ProducerIdentity): void {
    this.#identity = identity
    this.isStale = false
  }

  begin(): void {
    this.#isOpen = true
    this.hasBegun = false
    this.failure = undefined
    this.#added.clear()
    this.#wanted.clear()
  }

  end(): void {
    this.#isOpen = false
  }

  admits(queue: PartitionQueue): boolean {
    if (!this.#isOpen || this.failure !== undefined) return false
    if (queue.identity !== this.#identity) queue.adopt(this.#identity!)
    const name = topicPartitionName(queue)
    if (this.#added.has(name)) return true
    this.#wanted.set(name, queue)
    void this.#add()
    return false
  }

  /** All that are wanted meanwhile go in one request. */
  async #add(): Promise<void> {
    if (this.#adding) return
    this.#adding = true
    // Those that the same pass over the queues finds.
    await Promise.resolve()
    const { cluster, onChange } = this.#options
    const partitions = [...this.#wanted]
    this.hasBegun = true
    try {
      await cluster.retry('add partitions to the transaction', () =>
        addPartitions(
          cluster,
          this.identity,
          partitions.map(([, queue]) => queue),
        ),
      )
      for (const [name] of partitions) {
        this.#added.add(name)
        this.#wanted.delete(name)
      }
    } catch (error) {
      this.failed(error as Error)
    }
    this.#adding = false
    onChange()
  }

  /** Within a transaction there is no going on under another identity. */
  refused(): boolean {
    return false
  }

  failed(error: Error): Error {
    const { transactionalId, transactionTimeoutMs } = this.#options
    this.isStale = true
    if (isFenced(error)) this.fatal ??= fenced(transactionalId, transactionTimeoutMs, error)
    if (this.failure === undefined) this.giveUp(this.fatal ?? mustAbort(transactionalId, error))
    return this.fatal ?? error
  }

  /** Nothing of the transaction that has not been sent will be. */
  giveUp(error: Error): void {
    this.failure ??= error
    // Not here: whoever reports a batch is going over the others.
    queueMicrotask(this.#options.onChange)
  }
}
