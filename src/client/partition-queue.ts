/*
 * What waits for one partition, in order, and the numbers by which the broker keeps that order (KIP-98). Up to five batches are under way;
 * the broker takes one only when it follows the last it has, and tells one that it has already. So after an error the batches go out
 * again one by one under the numbers that they had. Whether a batch that was given up is in the log nobody can know: the next one
 * is sent under its own number all the same, and when the broker refuses that (OUT_OF_ORDER_SEQUENCE_NUMBER) the first of
 * those that wait, it has none of them, and they can be numbered anew under the next epoch (KIP-360) without doubling any.
 */
import type { TopicPartition } from '../core/topic-partition.ts'
import { recordBytesMax } from '../protocol/records/record-batch-writer.ts'
import { PendingBatch } from './pending-batch.ts'

/** As many batches of a producer and partition as a broker can tell again (ProducerStateEntry.NUM_BATCHES_TO_RETAIN). */
const inFlightMax = 5
const sequences = 2 ** 31

/** Whom a broker takes a producer for. A larger epoch of the same id has taken over. */
export interface ProducerIdentity {
  readonly id: bigint
  readonly epoch: number
}

export class PartitionQueue implements TopicPartition {
  readonly topic: string
  readonly partition: number
  /** Neither acknowledged nor failed. */
  readonly batches: PendingBatch[] = []
  leader: number | undefined
  identity: ProducerIdentity | undefined
  /** The numbers of what waits are no good any more: under the next epoch, or under another id. */
  renumber: 'next epoch' | 'other id' | undefined
  readonly #transactional: boolean
  #nextSequence = 0
  /** The broker has a batch of this identity. Before, it takes any number, so that there must be one batch at a time. */
  #isKnown = false
  inFlight = 0
  attempts = 0
  /** Not before this monotonic time. */
  retryAt = 0
  lastError: unknown

  constructor({ topic, partition }: TopicPartition, transactional = false) {
    this.topic = topic
    this.partition = partition
    this.#transactional = transactional
  }

  /** The batch that may be sent next, once it is ready. */
  next(): PendingBatch | undefined {
    if (this.inFlight >= (this.#isKnown ? inFlightMax : 1)) return undefined
    const index = this.batches.findIndex((batch) => !batch.inFlight)
    const batch = this.batches[index]
    // Of those that have been sent before, the broker can be waiting for the first alone.
    return index > 0 && batch?.identity !== undefined ? undefined : batch
  }

  /** The monotonic time from which the batch may be sent. */
  readyAt(batch: PendingBatch, lingerMs: number): number {
    const isLast = this.batches.at(-1) === batch
    return Math.max(batch.createdAt + (isLast && !batch.sealed ? lingerMs : 0), this.retryAt)
  }

  /** It goes out now. */
  start(batch: PendingBatch): void {
    if (batch.identity === undefined) this.#number(batch)
    batch.wasFirst = this.batches[0] === batch
    batch.inFlight = true
    batch.sealed = true
    this.inFlight++
  }

  #number(batch: PendingBatch): void {
    const { id, epoch } = this.identity!
    const firstSequence = this.#nextSequence
    batch.identity = { producerId: id, producerEpoch: epoch, firstSequence, transactional: this.#transactional }
    this.#nextSequence = (firstSequence + batch.count) % sequences
  }

  /** The request is over, one way or the other. */
  end(batch: PendingBatch): void {
    batch.inFlight = false
    this.inFlight--
  }

  /** Takes it out. When the broker has it, the partition is well. */
  remove(batch: PendingBatch, acknowledged: boolean): void {
    this.batches.splice(this.batches.indexOf(batch), 1)
    if (!acknowledged) return
    this.#isKnown ||= this.identity !== undefined && sameProducer(batch, this.identity)
    this.attempts = 0
    this.retryAt = 0
  }

  /** Counts from 0 under another identity. Nothing may be under way. */
  adopt(identity: ProducerIdentity): void {
    this.identity = identity
    this.renumber = undefined
    this.#isKnown = false
    this.#nextSequence = 0
    for (const batch of this.batches) if (batch.identity !== undefined) this.#number(batch)
  }

  /** Puts two halves in the place of a batch that the broker found too large, under the numbers of their records. */
  split(batch: PendingBatch): readonly PendingBatch[] {
    const middle = batch.count >>> 1
    const halves = [new PendingBatch(this, batch.createdAt), new PendingBatch(this, batch.createdAt)] as const
    let index = 0
    batch.forEach((record, onFailed) => {
      const half = halves[index++ < middle ? 0 : 1]
      half.add(record, onFailed, recordBytesMax(record.key, record.value, record.headers))
    })
    const { identity } = batch
    for (const [half, offset] of [[halves[0], 0] as const, [halves[1], middle] as const]) {
      half.sealed = true
      if (identity !== undefined)
        half.identity = { ...identity, firstSequence: (identity.firstSequence + offset) % sequences }
    }
    this.batches.splice(this.batches.indexOf(batch), 1, ...halves)
    void Promise.all(halves.map(({ settled }) => settled)).then(batch.settle)
    return halves
  }
}

function sameProducer({ identity }: PendingBatch, { id, epoch }: ProducerIdentity): boolean {
  return identity?.producerId === id && identity.producerEpoch === epoch
}
