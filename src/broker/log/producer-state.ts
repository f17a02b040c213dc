/** One of the batches by which a duplicate is known. */
export interface ProducedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1: the records have their own. */
  readonly appendTime: number
}

/** What a partition knows of one producer (Kafka's ProducerStateEntry). */
export interface ProducerState {
  readonly epoch: number
  /** The last five: as many as a producer may have in flight. */
  readonly batches: readonly ProducedBatch[]
  /** Of the transaction that is open here; -1: none. */
  readonly transactionOffset: number
  /** Of the last marker; -1: none. */
  readonly coordinatorEpoch: number
  /** By the broker's clock. */
  readonly lastSeenMs: number
}

const batchesMax = 5
const sequenceMax = 0x7fff_ffff

export const unknownProducer: ProducerState = {
  epoch: -1,
  batches: [],
  transactionOffset: -1,
  coordinatorEpoch: -1,
  lastSeenMs: -1,
}

export function lastSequenceOf(state: ProducerState): number {
  return state.batches.at(-1)?.lastSequence ?? -1
}

/** Sequence numbers go around. */
export function addToSequence(sequence: number, count: number): number {
  return (sequence + count) % (sequenceMax + 1)
}

export function followsSequence(last: number, next: number): boolean {
  return next === last + 1 || (next === 0 && last === sequenceMax)
}

/** A new epoch begins with no batches: its sequence numbers start again at 0. */
export function withEpoch(state: ProducerState, epoch: number): ProducerState {
  return epoch === state.epoch ? state : { ...state, epoch, batches: [] }
}

export function withBatch(state: ProducerState, batch: ProducedBatch): ProducerState {
  return { ...state, batches: [...state.batches.slice(-batchesMax + 1), batch] }
}

/** Of its last batch; -1 when none is known, as after a marker that began an epoch. */
export function lastOffsetOf(state: ProducerState): number {
  return state.batches.at(-1)?.lastOffset ?? -1
}
