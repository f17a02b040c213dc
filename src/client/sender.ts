/*
 * Takes batches to the leaders of their partitions: up to five requests at a time to each broker (Kafka's
 * max.in.flight.requests.per.connection), in each at most one batch of a partition. What comes back with an error goes out again
 * until its delivery time-out; `PartitionQueue` says which batch may go when.
 */
import type { Clock, Timer } from '../core/clock.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import type { ProducerOptions } from '../runtime/port.ts'
import type { Accumulator } from './accumulator.ts'
import { backoff } from './backoff.ts'
import { AnswerError, isRetriable } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { identityErrors, inDoubtErrors, recordTooLarge, tooLargeErrors, tooLate } from './delivery-errors.ts'
import { findLeaders } from './find-leaders.ts'
import type { PartitionQueue } from './partition-queue.ts'
import type { PendingBatch } from './pending-batch.ts'
import { produceTo } from './produce-request.ts'
import type { ProducerSession } from './producer-session.ts'

/** Of one request; a single batch may be larger. Below the broker's socket.request.max.bytes (100 MB) by far. */
const requestBytesMax = 1_000_000
const requestsInFlightMax = 5

/** A batch on its way. */
interface Parcel {
  readonly queue: PartitionQueue
  readonly batch: PendingBatch
}

export interface SenderOptions {
  readonly clock: Clock
  readonly producer: ProducerOptions
  readonly accumulator: Accumulator
  /** Null: without transactions. */
  readonly transactionalId: string | null
  /** Something was acknowledged or has failed. */
  onSettled(): void
}

export class Sender {
  readonly #options: SenderOptions
  readonly #clock: Clock
  readonly #accumulator: Accumulator
  /** Requests that are under way, by node. */
  readonly #inFlight = new Map<number, number>()
  #running: { readonly cluster: Cluster; readonly session: ProducerSession } | undefined
  #refreshing = false
  #wake: { readonly at: number; readonly timer: Timer } | undefined

  constructor(options: SenderOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#accumulator = options.accumulator
  }

  start(cluster: Cluster, session: ProducerSession): void {
    this.#running = { cluster, session }
    this.pump()
  }

  stop(): void {
    this.#wake?.timer.cancel()
  }

  /** `pump` no later than at this monotonic time. */
  wakeAt(at: number): void {
    if (this.#wake !== undefined && this.#wake.at <= at) return
    this.#wake?.timer.cancel()
    const timer = this.#clock.setTimer(Math.max(0, at - this.#clock.monotonic()), () => {
      this.#wake = undefined
      this.pump()
    })
    this.#wake = { at, timer }
  }

  /** Sends whatever may be sent now and sets the timer for what may be sent later. */
  pump(): void {
    const now = this.#clock.monotonic()
    const failure = this.#running?.session.failure
    if (failure !== undefined) this.failAll(failure)
    for (const queue of this.#accumulator.active()) this.#expire(queue, now)
    while (this.#sendRound(now)) continue
  }

  /** One batch of each partition that has one to send; false when there was none. */
  #sendRound(now: number): boolean {
    const byLeader = new Map<number, Parcel[]>()
    const leaderless: PartitionQueue[] = []
    for (const queue of this.#accumulator.active()) {
      const batch = this.#ready(queue, now)
      if (batch === undefined || this.#running === undefined) continue
      const { leader } = queue
      if (leader === undefined) leaderless.push(queue)
      else if (this.#inFlightTo(leader) < requestsInFlightMax && this.#running.session.admits(queue))
        byLeader.set(leader, [...(byLeader.get(leader) ?? []), { queue, batch }])
    }
    if (leaderless.length > 0) void this.#findLeaders(leaderless)
    for (const [leader, parcels] of byLeader) this.#sendAll(leader, parcels)
    return byLeader.size > 0
  }

  #ready(queue: PartitionQueue, now: number): PendingBatch | undefined {
    const batch = queue.next()
    if (batch === undefined) return undefined
    const readyAt = queue.readyAt(batch, this.#options.producer.lingerMs)
    if (readyAt <= now) return batch
    const first = queue.batches[0]!
    // One that is under way ends by its answer, however late.
    this.wakeAt(first.inFlight ? readyAt : Math.min(readyAt, this.#deadline(first)))
    return undefined
  }

  #deadline({ createdAt }: PendingBatch): number {
    return createdAt + this.#options.producer.deliveryTimeoutMs
  }

  /** Fails what has waited too long, oldest first. What is under way gets its answer or its request time-out first. */
  #expire(queue: PartitionQueue, now: number): void {
    const { deliveryTimeoutMs } = this.#options.producer
    for (let first; (first = queue.batches[0]) !== undefined && !first.inFlight && this.#deadline(first) <= now;)
      this.#fail({ queue, batch: first }, tooLate(queue, deliveryTimeoutMs, queue.lastError))
  }

  #inFlightTo(node: number): number {
    return this.#inFlight.get(node) ?? 0
  }

  #sendAll(leader: number, parcels: readonly Parcel[]): void {
    for (let rest = parcels; rest.length > 0 && this.#inFlightTo(leader) < requestsInFlightMax;) {
      const some = fitting(rest)
      rest = rest.slice(some.length)
      void this.#send(leader, some)
    }
  }

  async #send(leader: number, parcels: readonly Parcel[]): Promise<void> {
    const { cluster } = this.#running!
    const { transactionalId, producer } = this.#options
    this.#inFlight.set(leader, this.#inFlightTo(leader) + 1)
    for (const { queue, batch } of parcels) queue.start(batch)
    try {
      const batches = parcels.map(({ queue: { topic, partition }, batch }) => ({
        topic,
        partition,
        bytes: batch.encode(producer.compression),
      }))
      const results = await produceTo(cluster, leader, batches, transactionalId)
      const codes = new Map(results.map((result) => [topicPartitionName(result), result.errorCode]))
      for (const parcel of parcels) this.#answered(parcel, codes.get(topicPartitionName(parcel.queue)) ?? -1)
    } catch (error) {
      for (const parcel of parcels) this.#unanswered(parcel, error)
    } finally {
      this.#inFlight.set(leader, this.#inFlightTo(leader) - 1)
      this.pump()
    }
  }

  #unanswered(parcel: Parcel, error: unknown): void {
    if (!parcel.batch.inFlight) return
    parcel.queue.end(parcel.batch)
    parcel.batch.inDoubt = true
    this.#retryOrFail(parcel, error)
  }

  #answered(parcel: Parcel, errorCode: number): void {
    const { queue, batch } = parcel
    queue.end(batch)
    if (errorCode === kafkaError.NONE || errorCode === kafkaError.DUPLICATE_SEQUENCE_NUMBER) {
      this.#accumulator.settle(queue, batch)
      return this.#options.onSettled()
    }
    const error = new AnswerError(errorCode, queue)
    if (inDoubtErrors.has(error.kafkaError)) batch.inDoubt = true
    if (tooLargeErrors.has(error.kafkaError)) this.#tooLarge(parcel, error)
    else if (identityErrors.has(error.kafkaError)) this.#misplaced(parcel, error)
    else this.#retryOrFail(parcel, error)
  }

  #tooLarge({ queue, batch }: Parcel, error: AnswerError): void {
    if (batch.count === 1) this.#fail({ queue, batch }, recordTooLarge(queue, batch, error))
    // A half would have no place when the whole is there already.
    else if (batch.inDoubt) this.#retryOrFail({ queue, batch }, error)
    else queue.split(batch)
  }

  #misplaced(parcel: Parcel, error: AnswerError): void {
    const { queue, batch } = parcel
    // One that was sent before it has to go again: that one is what the broker waits for.
    const waits = error.kafkaError === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && !batch.wasFirst
    if (waits || this.#running!.session.refused(queue, error)) this.#later(queue, error)
    else this.#fail(parcel, this.#translate(queue, error))
  }

  #retryOrFail(parcel: Parcel, error: unknown): void {
    const { queue } = parcel
    queue.leader = undefined
    if (isRetriable(error)) this.#later(queue, error)
    else this.#fail(parcel, this.#translate(queue, error))
  }

  #translate(queue: PartitionQueue, error: unknown): Error {
    return this.#running!.cluster.translate(error, `write to ${topicPartitionName(queue)}`)
  }

  /** Batches that fail together wait once. */
  #later(queue: PartitionQueue, error: unknown): void {
    queue.lastError = error
    const now = this.#clock.monotonic()
    if (queue.retryAt <= now) queue.retryAt = now + backoff(queue.attempts++, this.#running!.cluster.options.random)
  }

  #fail({ queue, batch }: Parcel, error: Error): void {
    this.#accumulator.settle(queue, batch, this.#running?.session.failed(error) ?? error)
    this.#options.onSettled()
  }

  /** Everything that is not under way. */
  failAll(error: Error): void {
    for (const queue of this.#accumulator.active())
      for (const batch of queue.batches.filter(({ inFlight }) => !inFlight)) this.#fail({ queue, batch }, error)
  }

  async #findLeaders(queues: readonly PartitionQueue[]): Promise<void> {
    if (this.#refreshing) return
    this.#refreshing = true
    await findLeaders(this.#running!.cluster, queues, (queue, error) => this.#later(queue, error))
    this.#refreshing = false
    this.pump()
  }
}

/** The first parcels that fit into one request, at least one. */
function fitting(parcels: readonly Parcel[]): readonly Parcel[] {
  let bytes = 0
  const end = parcels.findIndex(({ batch }, i) => (bytes += batch.bytes) > requestBytesMax && i > 0)
  return end < 0 ? parcels : parcels.slice(0, end)
}
