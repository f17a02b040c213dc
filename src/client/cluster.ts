/*
 * What is known of the cluster: who leads which partition, who coordinates which group or transaction, who the controller
 * is. All of it goes out of date; whoever meets an error forgets or refreshes, and tries again (`retry`).
 */
import { sleep } from '../core/clock.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import type { ApiName, ResponseOf } from '../protocol/messages/messages.ts'
import { zeroUuid } from '../protocol/wire/primitives.ts'
import { backoff } from './backoff.ts'
import { AnswerError, isRetriable, kafkaErrorOf, translateError } from './broker-errors.ts'
import type { ClientOptions } from './client-options.ts'
import { Coordinators, type CoordinatorKey } from './coordinators.ts'
import { doubted, newerTopic, type KnownTopic } from './topic-metadata.ts'
import type { RequestFor, SendOptions, Transport } from './transport.ts'

/** As metadata.max.age.ms of Kafka's clients. */
const metadataAgeMsMax = 300_000

export class Cluster {
  readonly options: ClientOptions
  readonly transport: Transport
  readonly #coordinators: Coordinators
  /** Undefined: asked for, not answered yet. */
  readonly #topics = new Map<string, KnownTopic | undefined>()
  readonly #nodeIds = new Set<number>()
  #controllerId = -1
  #refreshedAt = -Infinity
  #refreshing: Promise<void> | undefined
  /** A topic was added after the request under way was made. */
  #stale = false

  constructor(options: ClientOptions) {
    this.options = options
    this.transport = options.openTransport(options.clientId)
    this.#coordinators = new Coordinators(this.transport)
  }

  /** @throws BrokerError `MILLRACE_BROKER_UNREACHABLE` within the request time-out, saying what could not be done */
  async connect(doing: string): Promise<void> {
    try {
      await this.transport.connect()
      await this.refresh()
    } catch (error) {
      await this.close()
      throw this.translate(error, doing)
    }
  }

  send<A extends ApiName>(
    node: number | 'any',
    api: A,
    request: RequestFor<A>,
    options?: SendOptions,
  ): Promise<ResponseOf<A>> {
    return this.transport.send(node, api, request, options)
  }

  /**
   * Keeps the topics' metadata from now on; resolves when it is known.
   *
   * @throws AnswerError naming the topic that does not exist, or that may not be read
   */
  async addTopics(topics: readonly string[]): Promise<void> {
    const fresh = topics.filter((topic) => this.#topics.get(topic) === undefined)
    for (const topic of fresh) this.#topics.set(topic, undefined)
    if (fresh.length > 0) {
      this.#stale = true
      await this.refresh()
    }
    for (const topic of topics) this.#checkTopic(topic)
  }

  #checkTopic(topic: string): void {
    const errorCode = this.#topics.get(topic)?.errorCode ?? kafkaError.UNKNOWN_TOPIC_OR_PARTITION
    // Without a leader for a moment is not an error of the topic.
    if (errorCode === kafkaError.NONE || errorCode === kafkaError.LEADER_NOT_AVAILABLE) return
    if (errorCode === kafkaError.UNKNOWN_TOPIC_OR_PARTITION) this.#topics.set(topic, undefined)
    throw new AnswerError(errorCode, { topic, message: `topic ${topic}` })
  }

  /** The topic's metadata is not kept any longer. */
  forgetTopic(topic: string): void {
    this.#topics.delete(topic)
  }

  /** The leader's node id as metadata has it now; undefined while there is none. */
  leaderOf({ topic, partition }: TopicPartition): number | undefined {
    this.#refreshByAge()
    const leaderId = this.#topics.get(topic)?.leaders[partition]?.leaderId ?? -1
    return leaderId < 0 ? undefined : leaderId
  }

  /** -1: not known. */
  leaderEpochOf({ topic, partition }: TopicPartition): number {
    return this.#topics.get(topic)?.leaders[partition]?.leaderEpoch ?? -1
  }

  /** Another number: it is, or may be, another topic of the same name. */
  incarnationOf(topic: string): number | undefined {
    return this.#topics.get(topic)?.incarnation
  }

  /** Its leader does not know it as it is known here; to be followed by a `refresh`. */
  doubtTopic(topic: string): void {
    const known = this.#topics.get(topic)
    if (known !== undefined) this.#topics.set(topic, doubted(known))
  }

  /** Of a topic that was added; undefined: it does not exist, as far as is known. */
  partitionCount(topic: string): number | undefined {
    const known = this.#topics.get(topic)
    return known === undefined || known.errorCode === kafkaError.UNKNOWN_TOPIC_OR_PARTITION
      ? undefined
      : known.leaders.length
  }

  #refreshByAge(): void {
    if (this.options.clock.monotonic() - this.#refreshedAt < metadataAgeMsMax) return
    this.#refreshedAt = this.options.clock.monotonic()
    // What fails here is noticed by whoever uses what is out of date.
    this.refresh().catch(() => {})
  }

  /** Asks any broker for the metadata of all topics added; one request at a time, shared by those who ask meanwhile. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#refreshAll().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  async #refreshAll(): Promise<void> {
    do {
      this.#stale = false
      const topics = [...this.#topics.keys()]
      this.#learn(await this.metadata(topics), topics)
    } while (this.#stale)
  }

  /** Of topics that need not have been added; of those that do not exist there is an error code. */
  metadata(topics: readonly string[]): Promise<ResponseOf<'Metadata'>> {
    return this.send('any', 'Metadata', {
      topics: topics.map((name) => ({ name, topicId: zeroUuid })),
      allowAutoTopicCreation: false,
      includeClusterAuthorizedOperations: false,
      includeTopicAuthorizedOperations: false,
    })
  }

  #learn(answer: ResponseOf<'Metadata'>, asked: readonly string[]): void {
    this.#nodeIds.clear()
    for (const { nodeId } of answer.brokers) this.#nodeIds.add(nodeId)
    if (answer.brokers.length > 0)
      this.transport.learn(answer.brokers.map(({ nodeId, ...at }) => ({ id: nodeId, ...at })))
    this.#controllerId = answer.controllerId
    this.#refreshedAt = this.options.clock.monotonic()
    const byName = new Map(answer.topics.map((topic) => [topic.name, topic]))
    for (const topic of asked) {
      const found = byName.get(topic)
      // Forgotten meanwhile, or left out by the broker.
      if (found !== undefined && this.#topics.has(topic))
        this.#topics.set(topic, newerTopic(this.#topics.get(topic), found))
    }
  }

  /** The node id of the controller, or any node where the answer does not say (KRaft passes requests on). */
  async controller(): Promise<number | 'any'> {
    if (!this.#nodeIds.has(this.#controllerId)) await this.refresh()
    return this.#nodeIds.has(this.#controllerId) ? this.#controllerId : 'any'
  }

  /** The node id of who coordinates a group or a transactional id; asked once, until it is forgotten. */
  async coordinatorOf(key: CoordinatorKey): Promise<number> {
    const node = await this.#coordinators.find(key)
    if (!this.#nodeIds.has(node)) await this.refresh()
    return node
  }

  /** After an error that says that it is another one now, or that it does not answer. */
  forgetCoordinator(key: CoordinatorKey): void {
    this.#coordinators.forget(key)
  }

  /** Tries for the request time-out, with fresh metadata each time: for requests that may be sent twice. */
  async retry<T>(doing: string, action: () => Promise<T>): Promise<T> {
    const { clock, random, requestTimeoutMs } = this.options
    const deadline = clock.monotonic() + requestTimeoutMs
    for (let attempt = 0; ; attempt++) {
      try {
        return await action()
      } catch (error) {
        const wait = backoff(attempt, random)
        if (!isRetriable(error) || clock.monotonic() + wait > deadline) throw this.translate(error, doing)
        await sleep(clock, wait)
        this.#coordinators.forgetAfter(kafkaErrorOf(error))
        await this.refresh().catch(() => {})
      }
    }
  }

  translate(error: unknown, doing: string): Error {
    return translateError(error, doing, this.transport.addresses)
  }

  close(): Promise<void> {
    return this.transport.close()
  }
}
