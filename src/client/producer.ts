import type { Clock, Timer } from '../core/clock.ts'
import { BrokerError } from '../core/errors.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import { kafkaError, type KafkaErrorName } from '../protocol/kafka-error.ts'
import type { DeliveryFailed, OutgoingRecord, ProducerOptions, ProducerPort } from '../runtime/port.ts'
import { Accumulator, type PartitionQueue } from './accumulator.ts'
import { backoff } from './backoff.ts'
import { AnswerError, isRetriable, kafkaErrorOf } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { ClientOptions } from './client-options.ts'
import { Cluster } from './cluster.ts'
import { initProducerId } from './init-producer-id.ts'
import { produceTo, type EncodedBatch } from './produce-request.ts'

/** Of one request; a single batch may be larger. Below the broker's socket.request.max.bytes (100 MB) by far. */
const requestBytesMax = 1_000_000

/** Under way to one broker at once (Kafka's max.in.flight.requests.per.connection), no two of them with the same partition. */
const requestsInFlightMax = 5

const tooLarge: ReadonlySet<KafkaErrorName> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])
const lostIdentity: ReadonlySet<KafkaErrorName | undefined> = new Set([
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
])
/** The batch may have been written although the answer is an error. */
const inDoubtErrors: ReadonlySet<KafkaErrorName> = new Set([
  'REQUEST_TIMED_OUT',
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'NETWORK_EXCEPTION',
])

/**
 * Idempotent (KIP-98), acks=all, several requests at a time to each broker, of each partition one batch at a time.
 *
 * What the broker cannot promise, to a Java producer neither: it forgets a producer by the timestamps of its records
 * (producer.id.expiration.ms, a day). Records with old event times may be doubled when the broker dies after writing
 * them and before answering.
 */
export function clientProducer(client: ClientOptions, options: ProducerOptions): ProducerPort {
  return new Producer(client, options)
}

class Producer implements ProducerPort {
  readonly #client: ClientOptions
  readonly #options: ProducerOptions
  readonly #clock: Clock
  readonly #accumulator: Accumulator
  /** Requests that are under way, by node. */
  readonly #inFlight = new Map<number, number>()
  #cluster: Cluster | undefined
  #identity: Promise<{ id: bigint; epoch: number }> | undefined
  #refreshing = false
  #wake: { at: number; timer: Timer } | undefined
  #roomWaiters: (() => void)[] = []
  #closed = false

  constructor(client: ClientOptions, options: ProducerOptions) {
    this.#client = client
    this.#options = options
    this.#clock = client.clock
    this.#accumulator = new Accumulator({ ...options, clock: client.clock })
  }

  async connect(): Promise<void> {
    if (this.#cluster !== undefined) return
    const cluster = new Cluster(this.#client)
    await cluster.connect('connect the producer')
    this.#cluster = cluster
    this.#pump()
  }

  send(record: OutgoingRecord, onFailed: DeliveryFailed): void {
    if (this.#closed) {
      const error = new BrokerError('MILLRACE_BROKER_FAILED', 'the producer is closed', { retriable: false })
      return onFailed(record, error)
    }
    const readyAt = this.#accumulator.append(record, onFailed)
    if (readyAt !== undefined) this.#wakeAt(readyAt)
  }

  async flush(): Promise<void> {
    const flushed = this.#accumulator.flushed()
    this.#pump()
    await flushed
  }

  hasRoom(): boolean {
    return this.#accumulator.bufferedBytes < this.#options.bufferedBytesMax
  }

  async room(): Promise<void> {
    while (!this.hasRoom()) await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
  }

  async close(): Promise<void> {
    this.#closed = true
    await this.flush()
    this.#wake?.timer.cancel()
    await this.#cluster?.close()
  }

  #wakeAt(at: number): void {
    if (this.#wake !== undefined && this.#wake.at <= at) return
    this.#wake?.timer.cancel()
    const timer = this.#clock.setTimer(Math.max(0, at - this.#clock.monotonic()), () => {
      this.#wake = undefined
      this.#pump()
    })
    this.#wake = { at, timer }
  }

  /** Sends whatever may be sent now and sets the timer for what may be sent later. */
  #pump(): void {
    const now = this.#clock.monotonic()
    const byLeader = new Map<number, PartitionQueue[]>()
    const leaderless: PartitionQueue[] = []
    for (const queue of this.#accumulator.active()) {
      if (queue.inFlight || this.#expire(queue, now)) continue
      const readyAt = this.#accumulator.readyAt(queue)
      if (readyAt > now) this.#wakeAt(Math.min(readyAt, this.#deadline(queue)))
      else if (queue.leader === undefined) leaderless.push(queue)
      else byLeader.set(queue.leader, [...(byLeader.get(queue.leader) ?? []), queue])
    }
    if (this.#cluster === undefined) return
    if (leaderless.length > 0) void this.#findLeaders(this.#cluster, leaderless)
    for (const [leader, queues] of byLeader) this.#sendAll(this.#cluster, leader, queues)
  }

  #sendAll(cluster: Cluster, leader: number, queues: readonly PartitionQueue[]): void {
    for (let rest = queues; rest.length > 0 && this.#inFlightTo(leader) < requestsInFlightMax;) {
      const some = fitting(rest)
      rest = rest.slice(some.length)
      void this.#send(cluster, leader, some)
    }
  }

  #inFlightTo(node: number): number {
    return this.#inFlight.get(node) ?? 0
  }

  #deadline(queue: PartitionQueue): number {
    return queue.batches[0]!.createdAt + this.#options.deliveryTimeoutMs
  }

  /** Fails what has waited too long, oldest first; true when nothing is left. */
  #expire(queue: PartitionQueue, now: number): boolean {
    while (queue.batches.length > 0 && this.#deadline(queue) <= now) {
      const waited = `${topicPartitionName(queue)} did not take the record within ${this.#options.deliveryTimeoutMs} ms`
      const facts = { topic: queue.topic, partition: queue.partition, retriable: false, cause: queue.lastError }
      this.#fail(queue, new BrokerError('MILLRACE_BROKER_FAILED', waited + because(queue.lastError), facts))
    }
    return queue.batches.length === 0
  }

  #fail(queue: PartitionQueue, error: Error): void {
    // The broker may or may not have counted the batch: the numbers that follow are only right under a new identity.
    if (queue.batches[0]!.identity !== undefined) this.#identity = undefined
    this.#accumulator.settleFirst(queue, error)
    this.#tellRoom()
  }

  #tellRoom(): void {
    if (!this.hasRoom()) return
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }

  async #findLeaders(cluster: Cluster, queues: readonly PartitionQueue[]): Promise<void> {
    if (this.#refreshing) return
    this.#refreshing = true
    for (const [topic, ofTopic] of byTopic(queues)) await this.#findLeadersOf(cluster, topic, ofTopic)
    this.#refreshing = false
    this.#pump()
  }

  /** One topic at a time: one that does not exist fails the whole request. */
  async #findLeadersOf(cluster: Cluster, topic: string, queues: readonly PartitionQueue[]): Promise<void> {
    try {
      await cluster.addTopics([topic])
      if (queues.some(({ attempts }) => attempts > 0)) await cluster.refresh()
      for (const queue of queues) {
        queue.leader = cluster.leaderOf(queue)
        if (queue.leader === undefined)
          this.#later(queue, new Error(`${topicPartitionName(queue)} has no leader or does not exist`))
      }
    } catch (error) {
      for (const queue of queues) this.#later(queue, error)
    }
  }

  #later(queue: PartitionQueue, error: unknown): void {
    queue.lastError = error
    queue.retryAt = this.#clock.monotonic() + backoff(queue.attempts++, this.#client.random)
  }

  async #send(cluster: Cluster, leader: number, queues: readonly PartitionQueue[]): Promise<void> {
    this.#inFlight.set(leader, this.#inFlightTo(leader) + 1)
    for (const queue of queues) queue.inFlight = true
    try {
      const identity = await this.#producerIdentity(cluster)
      const batches = queues.map((queue) => encode(queue, identity, this.#options))
      await this.#produce(cluster, leader, { queues, batches })
    } catch (error) {
      for (const queue of queues) {
        queue.leader = undefined
        this.#retryOrFail(queue, error)
      }
    } finally {
      this.#inFlight.set(leader, this.#inFlightTo(leader) - 1)
      for (const queue of queues) queue.inFlight = false
      this.#pump()
    }
  }

  async #produce(
    cluster: Cluster,
    leader: number,
    { queues, batches }: { readonly queues: readonly PartitionQueue[]; readonly batches: readonly EncodedBatch[] },
  ): Promise<void> {
    const results = await produceTo(cluster, leader, batches).catch((error: unknown) => {
      for (const queue of queues) queue.batches[0]!.inDoubt = true
      throw error
    })
    const codes = new Map(results.map((result) => [topicPartitionName(result), result.errorCode]))
    for (const queue of queues) this.#settle(queue, codes.get(topicPartitionName(queue)) ?? -1)
  }

  #settle(queue: PartitionQueue, errorCode: number): void {
    if (errorCode === kafkaError.NONE || errorCode === kafkaError.DUPLICATE_SEQUENCE_NUMBER) {
      this.#accumulator.settleFirst(queue)
      return this.#tellRoom()
    }
    const error = new AnswerError(errorCode, queue)
    const batch = queue.batches[0]!
    if (inDoubtErrors.has(error.kafkaError)) batch.inDoubt = true
    if (tooLarge.has(error.kafkaError) && batch.count > 1 && !batch.inDoubt) {
      queue.nextSequence = batch.identity!.firstSequence
      return this.#accumulator.splitFirst(queue)
    }
    queue.leader = undefined
    this.#retryOrFail(queue, error)
  }

  #retryOrFail(queue: PartitionQueue, error: unknown): void {
    const batch = queue.batches[0]!
    if (lostIdentity.has(kafkaErrorOf(error)) && !batch.inDoubt) {
      batch.identity = undefined
      queue.producerId = undefined
      this.#identity = undefined
      return this.#later(queue, error)
    }
    if (isRetriable(error)) return this.#later(queue, error)
    this.#fail(queue, this.#cluster!.translate(error, `write to ${topicPartitionName(queue)}`))
  }

  #producerIdentity(cluster: Cluster): Promise<{ id: bigint; epoch: number }> {
    this.#identity ??= initProducerId(cluster).catch((error: unknown) => {
      this.#identity = undefined
      throw error
    })
    return this.#identity
  }
}

function because(error: unknown): string {
  return error instanceof Error ? `: ${error.message}` : ''
}

/** The first queues that fit into one request, at least one. */
function fitting(queues: readonly PartitionQueue[]): readonly PartitionQueue[] {
  let bytes = 0
  const end = queues.findIndex((queue, i) => (bytes += queue.batches[0]!.bytes) > requestBytesMax && i > 0)
  return end < 0 ? queues : queues.slice(0, end)
}

function encode(
  queue: PartitionQueue,
  identity: { readonly id: bigint; readonly epoch: number },
  options: ProducerOptions,
): { topic: string; partition: number; bytes: Buffer } {
  const batch = queue.batches[0]!
  batch.identity ??= nextIdentity(queue, identity)
  return { topic: queue.topic, partition: queue.partition, bytes: batch.encode(options.compression) }
}

function nextIdentity(
  queue: PartitionQueue,
  identity: { readonly id: bigint; readonly epoch: number },
): NonNullable<PartitionQueue['batches'][number]['identity']> {
  if (queue.producerId !== identity.id) {
    queue.producerId = identity.id
    queue.nextSequence = 0
  }
  const firstSequence = queue.nextSequence
  queue.nextSequence = (firstSequence + queue.batches[0]!.count) % 2 ** 31
  return { producerId: identity.id, producerEpoch: identity.epoch, firstSequence }
}
