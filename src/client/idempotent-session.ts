import { sleep } from '../core/clock.ts'
import { backoff } from './backoff.ts'
import { isRetriable, kafkaErrorOf } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { initProducerId } from './init-producer-id.ts'
import type { PartitionQueue, ProducerIdentity } from './partition-queue.ts'
import type { ProducerSession } from './producer-session.ts'

const epochMax = 2 ** 15 - 1

/** What the producer of the session does. */
export interface IdempotentSessionOptions {
  readonly cluster: Cluster
  /** `admits` may say yes now. */
  onReady(): void
  /** No broker gives a producer id. */
  onRefused(error: unknown): void
}

/**
 * Idempotence without transactions (KIP-98): one producer id, and an epoch for each partition. To go on under the next epoch needs no
 * request: nobody else has the id (TransactionManager.bumpIdempotentProducerEpoch), and a broker keeps the epochs of partitions apart.
 */
export class IdempotentSession implements ProducerSession {
  readonly #options: IdempotentSessionOptions
  readonly failure = undefined
  #identity: ProducerIdentity | undefined
  #asking = false

  constructor(options: IdempotentSessionOptions) {
    this.#options = options
  }

  admits(queue: PartitionQueue): boolean {
    if (queue.identity !== undefined && queue.renumber === undefined) return true
    if (queue.inFlight > 0) return false
    const identity = this.#next(queue)
    if (identity === undefined) void this.#ask()
    else queue.adopt(identity)
    return identity !== undefined
  }

  #next({ identity, renumber }: PartitionQueue): ProducerIdentity | undefined {
    if (identity === undefined) return this.#identity
    if (renumber === 'next epoch' && identity.epoch < epochMax) return { ...identity, epoch: identity.epoch + 1 }
    if (this.#identity?.id === identity.id) this.#identity = undefined
    return this.#identity
  }

  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    const { cluster, onReady, onRefused } = this.#options
    try {
      this.#identity = await initProducerId(cluster)
    } catch (error) {
      if (!isRetriable(error)) onRefused(error)
      await sleep(cluster.options.clock, backoff(1, cluster.options.random))
    }
    this.#asking = false
    onReady()
  }

  refused(queue: PartitionQueue, error: unknown): boolean {
    const answer = kafkaErrorOf(error)
    const isUnknown = answer === 'INVALID_PRODUCER_EPOCH' || answer === 'INVALID_PRODUCER_ID_MAPPING'
    queue.renumber = isUnknown ? 'other id' : 'next epoch'
    return true
  }

  failed(error: Error): Error {
    return error
  }
}
