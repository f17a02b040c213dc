/*
 * Reads partitions ahead of their user: one fetch at a time to each broker, with all partitions that have room; what
 * comes is queued by partition until it is taken. What a fetch brings of a partition that left meanwhile is thrown away, also
 * when the partition has come back (Faust #216, reactor-kafka #237).
 */
import { sleep, type Clock } from '../core/clock.ts'
import type { BrokerError } from '../core/errors.ts'
import { topicPartitionName, type TopicPartition } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import { returnFrameBuffer } from '../protocol/wire/frame-buffers.ts'
import type { FetchedRecords } from '../protocol/records/fetched-records.ts'
import { readFetched } from '../protocol/records/read-fetched.ts'
import type { FetchedBatch, OutOfRangePolicy } from '../runtime/port.ts'
import { positionResetChannel } from '../telemetry/channels.ts'
import { backoff } from './backoff.ts'
import { AnswerError } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { fetchFrom, mayFetchAgain, type PartitionFetch } from './fetch-request.ts'
import type { EpochEnd, Position } from './leader-epochs.ts'
import { listOffsets, type OffsetOf } from './list-offsets.ts'
import { PartitionReading } from './partition-reading.ts'
import { refusedPosition, truncatedLog } from './position-errors.ts'

/** How long the broker holds a fetch that finds nothing. */
const idleWaitMs = 250
/** While a full partition is left out, the next fetch must come soon, as its buffer may have room again by then. */
const busyWaitMs = 5
const partitionMaxBytes = 1_048_576

export interface FetcherOptions {
  readonly cluster: Cluster
  readonly groupId: string
  readonly fetchMaxBytes: number
  readonly readCommitted: boolean
  readonly bufferedRecordsPerPartitionMax: number
  readonly fetchBufferBytesMax: number
  outOfRange(partition: TopicPartition): OutOfRangePolicy
  /** Something can be taken, or a fetch was answered. */
  onArrival(): void
  /** Fetching cannot go on. */
  onFatal(error: Error): void
}

export class Fetcher {
  readonly #options: FetcherOptions
  readonly #clock: Clock
  readonly #states = new Map<string, PartitionReading>()
  readonly #busy = new Set<number>()
  #queuedBytes = 0
  #refreshes = 0
  #stopped = false

  constructor(options: FetcherOptions) {
    this.#options = options
    this.#clock = options.cluster.options.clock
  }

  /** Reads these too, from there on. */
  add(positions: readonly Position[]): void {
    const { cluster } = this.#options
    for (const position of positions) {
      const state = new PartitionReading(position, cluster.incarnationOf(position.topic))
      this.#states.set(topicPartitionName(position), state)
    }
    this.#pump()
  }

  /** With everything that is queued of them. */
  remove(partitions: readonly TopicPartition[]): void {
    for (const name of partitions.map(topicPartitionName)) {
      this.#queuedBytes -= this.#states.get(name)?.queuedBytes ?? 0
      this.#states.delete(name)
    }
  }

  stop(): void {
    this.#stopped = true
    this.#states.clear()
  }

  /** At most one batch of each partition that is not paused. */
  take(paused: ReadonlySet<string>): readonly FetchedBatch[] {
    const batches: FetchedBatch[] = []
    for (const [name, state] of this.#states) {
      if (paused.has(name)) continue
      const batch = state.take()
      if (batch === undefined) continue
      this.#queuedBytes -= batch.bytes
      batches.push(batch)
    }
    if (batches.length > 0) this.#pump()
    return batches
  }

  highWatermark(partition: TopicPartition): number | undefined {
    return this.#states.get(topicPartitionName(partition))?.highWatermark
  }

  fetchedAtMs(partition: TopicPartition): number | undefined {
    return this.#states.get(topicPartitionName(partition))?.answeredAt
  }

  position(partition: TopicPartition): number | undefined {
    return this.#states.get(topicPartitionName(partition))?.position
  }

  /** Of the last batch before the offset; undefined: not known. */
  leaderEpochAt(position: OffsetOf): number | undefined {
    const epoch = this.#states.get(topicPartitionName(position))?.epochs.before(position.offset) ?? -1
    return epoch < 0 ? undefined : epoch
  }

  #pump(): void {
    if (this.#stopped) return
    const now = this.#clock.monotonic()
    const groups = new Map<number, { states: PartitionReading[]; leftOut: boolean }>()
    let isWaiting = false
    for (const state of this.#states.values()) {
      const leader = this.#options.cluster.leaderOf(state)
      isWaiting ||= leader === undefined || state.retryAt > now
      if (leader === undefined) continue
      let group = groups.get(leader)
      if (group === undefined) groups.set(leader, (group = { states: [], leftOut: false }))
      if (this.#isFull(state) || state.retryAt > now) group.leftOut = true
      else group.states.push(state)
    }
    for (const [leader, { states, leftOut }] of groups) {
      if (states.length > 0 && !this.#busy.has(leader))
        void this.#fetch(leader, states, leftOut ? busyWaitMs : idleWaitMs)
    }
    // A refresh ends with the next look at all of them: as long as one waits there must be one.
    if (isWaiting && this.#refreshes === 0) void this.#refresh(this.#backoff(1))
  }

  /** One that has nothing queued is read all the same: what fills the buffer may be paused, and for long. */
  #isFull({ queuedRecords }: PartitionReading): boolean {
    const { bufferedRecordsPerPartitionMax, fetchBufferBytesMax } = this.#options
    return (
      queuedRecords >= bufferedRecordsPerPartitionMax || (queuedRecords > 0 && this.#queuedBytes >= fetchBufferBytesMax)
    )
  }

  async #fetch(leader: number, states: readonly PartitionReading[], maxWaitMs: number): Promise<void> {
    const { cluster, fetchMaxBytes, readCommitted } = this.#options
    const options = {
      maxWaitMs,
      maxBytes: fetchMaxBytes,
      partitionMaxBytes: Math.min(partitionMaxBytes, fetchMaxBytes),
      readCommitted,
    }
    this.#busy.add(leader)
    try {
      const fetched = await fetchFrom(cluster, leader, states, options)
      const byName = new Map(states.map((state) => [topicPartitionName(state), state]))
      let isUsed = false
      for (const answer of fetched) {
        const batch = await this.#answered(byName.get(topicPartitionName(answer))!, answer)
        isUsed ||= batch?.uses(answer.records.buffer) === true
      }
      // What was compressed is elsewhere now.
      if (!isUsed) for (const { records } of fetched) returnFrameBuffer(records)
    } catch (error) {
      this.#failed(states, error)
    } finally {
      this.#busy.delete(leader)
      this.#options.onArrival()
      this.#pump()
    }
  }

  #isCurrent(state: PartitionReading): boolean {
    return this.#states.get(topicPartitionName(state)) === state
  }

  async #answered(state: PartitionReading, answer: PartitionFetch): Promise<FetchedRecords | undefined> {
    if (!this.#isCurrent(state)) return undefined
    const { errorCode, diverging } = answer
    if (errorCode === kafkaError.OFFSET_OUT_OF_RANGE) await this.#reset(state)
    else if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, state)
    else if (diverging !== undefined) await this.#parted(state, diverging)
    else return this.#arrived(state, answer)
    return undefined
  }

  #arrived(state: PartitionReading, answer: PartitionFetch): FetchedRecords | undefined {
    const batch = this.#decode(state, answer)
    if (batch === undefined) return undefined
    state.attempts = 0
    state.answeredAt = this.#clock.monotonic()
    state.highWatermark = Math.max(answer.end, batch.nextOffset)
    batch.highWatermark = state.highWatermark
    state.push(batch)
    if (batch.count > 0) this.#toTheEnd(state, batch)
    return batch
  }

  #decode({ topic, partition, offset: from }: PartitionReading, answer: PartitionFetch): FetchedRecords | undefined {
    const { records, aborted } = answer
    try {
      return readFetched({ topic, partition, from, records, aborted })
    } catch (error) {
      this.#fatal(error as Error)
      return undefined
    }
  }

  /** The broker fills its answer in the order of the request: who got something goes behind those who did not. */
  #toTheEnd(state: PartitionReading, { bytes }: FetchedRecords): void {
    this.#queuedBytes += bytes
    const name = topicPartitionName(state)
    this.#states.delete(name)
    this.#states.set(name, state)
  }

  /** The leader does not have the position, or does not know the epoch of what was read before it. */
  async #reset(state: PartitionReading): Promise<void> {
    const { cluster, outOfRange, readCommitted } = this.#options
    const [first] = await listOffsets(cluster, [state], 'earliest')
    const [end] = await listOffsets(cluster, [state], 'latest', readCommitted)
    if (!this.#isCurrent(state)) return
    const bounds = { low: first!.offset, high: end!.offset }
    const error = refusedPosition(state, state.epochs.before(state.offset), bounds)
    const policy = outOfRange(state)
    if (policy === 'error') return this.#fatal(error)
    const to = policy === 'earliest' ? bounds.low : bounds.high
    this.#announce(error, to)
    state.seek(to, cluster.incarnationOf(state.topic))
  }

  /**
   * The leader's log is not the one that was read (KIP-320): reading goes on where the two part. If that is behind what was handed out,
   * nobody has seen anything of it; before that it is as with KafkaConsumer (SubscriptionState.maybeCompleteValidation).
   */
  async #parted(state: PartitionReading, diverging: EpochEnd): Promise<void> {
    const { cluster, outOfRange } = this.#options
    // A topic that was made anew is another one, of which nothing was read.
    await cluster.refresh()
    if (!this.#isCurrent(state)) return
    if (cluster.incarnationOf(state.topic) !== state.incarnation) return this.#reset(state)
    const { topic, partition, position, epochs } = state
    const parting = epochs.partingAt(diverging)
    if (parting < position) {
      const error = truncatedLog({ topic, partition, offset: position }, epochs.before(position), {
        ...diverging,
        parting,
      })
      if (outOfRange(state) === 'error') return this.#fatal(error)
      this.#announce(error, parting)
    }
    this.#queuedBytes -= state.queuedBytes
    state.follow(diverging)
    this.#queuedBytes += state.queuedBytes
  }

  #announce(error: BrokerError, to: number): void {
    const { topic, partition, offset } = error
    positionResetChannel.publish({
      applicationId: this.#options.groupId,
      topic: topic!,
      partition: partition!,
      from: offset!,
      to,
      error,
    })
  }

  #failed(states: readonly PartitionReading[], error: unknown): void {
    if (this.#stopped) return
    if (!mayFetchAgain(error)) {
      const names = states.map(topicPartitionName).join(', ')
      return this.#fatal(this.#options.cluster.translate(error, `fetch from ${names}`))
    }
    const now = this.#clock.monotonic()
    const wait = this.#backoff(Math.max(...states.map((state) => state.attempts)))
    for (const state of states) {
      state.attempts++
      state.retryAt = now + wait
    }
    void this.#refresh(wait)
  }

  #backoff(attempt: number): number {
    return backoff(attempt, this.#options.cluster.options.random)
  }

  #fatal(error: Error): void {
    this.stop()
    this.#options.onFatal(error)
  }

  /** Leaders move and brokers come back: ask who leads now, then go on. */
  async #refresh(waitMs: number): Promise<void> {
    this.#refreshes++
    await sleep(this.#clock, waitMs)
    // What fails here is tried again with the next fetch that fails.
    if (!this.#stopped) await this.#options.cluster.refresh().catch(() => {})
    this.#refreshes--
    this.#pump()
  }
}
