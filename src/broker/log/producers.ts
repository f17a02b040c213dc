/* Who wrote what last: duplicates, gaps, fencing and open transactions of a partition (Kafka's ProducerStateManager). */
import type { BatchHeader } from '../../protocol/records/batch-header.ts'
import { kafkaError } from '../../protocol/kafka-error.ts'
import { AppendRejection } from './append-rejection.ts'
import {
  addToSequence,
  followsSequence,
  lastSequenceOf,
  unknownProducer,
  withBatch,
  withEpoch,
  type ProducedBatch,
  type ProducerState,
} from './producer-state.ts'

export interface TransactionEnd {
  readonly producerId: number
  readonly epoch: number
  readonly coordinatorEpoch: number
}

export class Producers {
  readonly #states: Map<number, ProducerState>
  /** First offsets of open transactions, the smallest first: one that begins later begins at a higher offset. */
  readonly #open = new Map<number, number>()

  constructor(states: ReadonlyMap<number, ProducerState> = new Map()) {
    this.#states = new Map(states)
    const open = [...states].filter(([, state]) => state.transactionOffset >= 0)
    for (const [id, { transactionOffset }] of open.toSorted(
      ([, a], [, b]) => a.transactionOffset - b.transactionOffset,
    ))
      this.#open.set(id, transactionOffset)
  }

  get states(): ReadonlyMap<number, ProducerState> {
    return this.#states
  }

  get(producerId: number): ProducerState {
    return this.#states.get(producerId) ?? unknownProducer
  }

  /** Undefined while no transaction is open. */
  get firstOpenOffset(): number | undefined {
    for (const offset of this.#open.values()) return offset
    return undefined
  }

  set(producerId: number, state: ProducerState): void {
    this.#states.set(producerId, state)
    if (state.transactionOffset < 0) this.#open.delete(producerId)
    else if (!this.#open.has(producerId)) this.#open.set(producerId, state.transactionOffset)
  }

  /** Kafka's code when a newer producer or coordinator has been here. */
  endError({ producerId, epoch, coordinatorEpoch }: TransactionEnd): number {
    const state = this.get(producerId)
    if (epoch < state.epoch) return kafkaError.INVALID_PRODUCER_EPOCH
    return coordinatorEpoch < state.coordinatorEpoch ? kafkaError.TRANSACTION_COORDINATOR_FENCED : kafkaError.NONE
  }

  /** Returns the first offset of the transaction that ends, -1 when it wrote nothing here. */
  endTransaction({ producerId, epoch, coordinatorEpoch }: TransactionEnd, nowMs: number): number {
    const state = this.get(producerId)
    this.set(producerId, { ...withEpoch(state, epoch), transactionOffset: -1, coordinatorEpoch, lastSeenMs: nowMs })
    return state.transactionOffset
  }

  /**
   * Forgets who has not written for so long and has no transaction open. Kafka goes by the timestamps of the records, and so
   * forgets at once who replays old ones; here the broker's clock counts.
   */
  expire(nowMs: number, expirationMs: number): void {
    for (const [id, state] of this.#states)
      if (state.transactionOffset < 0 && nowMs - state.lastSeenMs >= expirationMs) this.#states.delete(id)
  }
}

/** The batches of one append: all of them change the producers, or none. */
export class ProducerStage {
  readonly #producers: Producers
  readonly #staged = new Map<number, ProducerState>()

  constructor(producers: Producers) {
    this.#producers = producers
  }

  /**
   * @returns the batch that this one repeats, if it does: then nothing is to be written
   * @throws AppendRejection
   */
  check(batch: BatchHeader): ProducedBatch | undefined {
    const producerId = Number(batch.producerId)
    if (producerId < 0) return undefined
    const state = this.#get(producerId)
    const duplicate = findDuplicate(state, batch)
    if (duplicate === undefined) checkInOrder(state, batch)
    return duplicate
  }

  add(batch: BatchHeader, baseOffset: number, nowMs: number): void {
    const producerId = Number(batch.producerId)
    if (producerId < 0) return
    this.#staged.set(producerId, afterBatch(this.#get(producerId), batch, { baseOffset, nowMs }))
  }

  #get(producerId: number): ProducerState {
    return this.#staged.get(producerId) ?? this.#producers.get(producerId)
  }

  commit(): void {
    for (const [id, state] of this.#staged) this.#producers.set(id, state)
  }
}

/** The producer as it is when the batch stands in the log. */
export function afterBatch(
  state: ProducerState,
  batch: BatchHeader,
  { baseOffset, nowMs }: { readonly baseOffset: number; readonly nowMs: number },
): ProducerState {
  const firstSequence = batch.firstSequence
  const produced: ProducedBatch = {
    firstSequence,
    lastSequence: addToSequence(firstSequence, batch.lastOffsetDelta),
    baseOffset,
    lastOffset: baseOffset + batch.lastOffsetDelta,
    appendTime: batch.hasAppendTime ? batch.maxTimestamp : -1,
  }
  const begins = batch.isTransactional && state.transactionOffset < 0
  return {
    ...withBatch(withEpoch(state, batch.producerEpoch), produced),
    transactionOffset: begins ? baseOffset : state.transactionOffset,
    lastSeenMs: nowMs,
  }
}

function findDuplicate(state: ProducerState, batch: BatchHeader): ProducedBatch | undefined {
  if (batch.producerEpoch !== state.epoch) return undefined
  const { firstSequence } = batch
  const lastSequence = addToSequence(firstSequence, batch.lastOffsetDelta)
  return state.batches.find((one) => one.firstSequence === firstSequence && one.lastSequence === lastSequence)
}

function checkInOrder(state: ProducerState, batch: BatchHeader): void {
  const { producerId, producerEpoch, firstSequence } = batch
  if (producerEpoch < state.epoch) throw staleEpoch(producerId, producerEpoch, state)
  if (state.transactionOffset >= 0 && !batch.isTransactional)
    throw new AppendRejection(
      'INVALID_TXN_STATE',
      `producer ${producerId} has a transaction open; this batch is not of it`,
    )
  // Of a producer that is not known, perhaps no longer, any sequence number is a beginning (KIP-360).
  if (state.epoch === -1) return
  const expected = producerEpoch === state.epoch ? lastSequenceOf(state) : -1
  if (!followsSequence(expected, firstSequence))
    throw new AppendRejection(
      'OUT_OF_ORDER_SEQUENCE_NUMBER',
      `producer ${producerId}, epoch ${producerEpoch}: sequence ${firstSequence} does not follow ${expected}`,
    )
}

function staleEpoch(producerId: number | bigint, epoch: number, state: ProducerState): AppendRejection {
  return new AppendRejection(
    'INVALID_PRODUCER_EPOCH',
    `producer ${producerId} has been fenced: it writes as epoch ${epoch}, and ${state.epoch} has been here`,
  )
}
