import type { FetchedRecords } from '../protocol/records/fetched-records.ts'
import { LeaderEpochs, type EpochEnd, type Position } from './leader-epochs.ts'

type Fetched = FetchedRecords & { readonly from: number }

/** One partition that is read ahead: how far, and what waits to be taken. */
export class PartitionReading {
  readonly topic: string
  readonly partition: number
  readonly #queue: Fetched[] = []
  /** The next offset to fetch. */
  offset: number
  readonly epochs: LeaderEpochs
  /** Of the topic that `offset` belongs to. */
  incarnation: number | undefined
  highWatermark: number | undefined
  answeredAt: number | undefined
  queuedRecords = 0
  queuedBytes = 0
  attempts = 0
  retryAt = 0

  constructor(position: Position, incarnation: number | undefined) {
    this.topic = position.topic
    this.partition = position.partition
    this.offset = position.offset
    this.epochs = new LeaderEpochs(position)
    this.incarnation = incarnation
  }

  /** The offset of the next record to be taken. */
  get position(): number {
    return this.#queue[0]?.from ?? this.offset
  }

  /** What was fetched from `offset` on. */
  push(batch: FetchedRecords): void {
    const fetched = Object.assign(batch, { from: this.offset })
    this.epochs.add(batch.epochs, batch.nextOffset)
    this.offset = batch.nextOffset
    if (batch.count === 0) return
    this.#queue.push(fetched)
    this.#count(batch, 1)
  }

  take(): FetchedRecords | undefined {
    const batch = this.#queue.shift()
    if (batch !== undefined) this.#count(batch, -1)
    return batch
  }

  #count({ count, bytes }: FetchedRecords, sign: 1 | -1): void {
    this.queuedRecords += sign * count
    this.queuedBytes += sign * bytes
  }

  /** Fetches again from where the logs part, without what waits behind that. */
  follow(diverging: EpochEnd): void {
    const offset = this.epochs.partingAt(diverging)
    this.offset = offset
    this.epochs.follow(diverging)
    for (let last = this.#queue.at(-1); last !== undefined && last.nextOffset > offset; last = this.#queue.at(-1)) {
      this.#count(last, -1)
      last.cutAt(offset)
      if (last.count === 0) this.#queue.pop()
      else return this.#count(last, 1)
    }
  }

  /** Goes on anywhere else, in a topic that may be another one; what waits is still taken before it. */
  seek(offset: number, incarnation: number | undefined): void {
    this.offset = offset
    this.epochs.clear(offset)
    this.incarnation = incarnation
  }
}
