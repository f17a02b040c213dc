import { BrokerError } from '../core/errors.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import { kafkaError } from '../protocol/kafka-error.ts'
import { zeroUuid } from '../protocol/wire/primitives.ts'
import type { AdminPort, NewTopic, TopicDescription } from '../runtime/port.ts'
import { AnswerError, checkAnswer } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { ClientOptions } from './client-options.ts'
import { Cluster } from './cluster.ts'
import { groupByLeader, listOffsets, type OffsetOf } from './list-offsets.ts'
import { fetchOffsets } from './offset-fetch.ts'

const topicResource = 2
const requestTimeoutMsMax = 30_000

export function clientAdmin(options: ClientOptions): AdminPort {
  return new Admin(options)
}

class Admin implements AdminPort {
  readonly #options: ClientOptions
  #connecting: Promise<Cluster> | undefined

  constructor(options: ClientOptions) {
    this.#options = options
  }

  async connect(): Promise<void> {
    await this.#cluster()
  }

  #cluster(): Promise<Cluster> {
    if (this.#connecting === undefined) {
      this.#connecting = this.#connect()
      this.#connecting.catch(() => (this.#connecting = undefined))
    }
    return this.#connecting
  }

  async #connect(): Promise<Cluster> {
    const cluster = new Cluster(this.#options)
    await cluster.connect('connect to Kafka')
    return cluster
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#retry('read topic metadata', (cluster) => partitionCounts(cluster, topics))
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]> {
    const counts = await this.partitionCounts(topics)
    if (counts.size === 0) return []
    return this.#retry('read topic configs', async (cluster) => {
      const resources = [...counts.keys()].map((resourceName) => ({
        resourceType: topicResource,
        resourceName,
        configurationKeys: null,
      }))
      const { results } = await cluster.send(await cluster.controller(), 'DescribeConfigs', { resources })
      return results.map(({ errorCode, errorMessage, resourceName, configs }) => {
        if (errorCode !== kafkaError.NONE)
          throw new AnswerError(errorCode, { topic: resourceName, message: errorMessage })
        return {
          topic: resourceName,
          partitionCount: counts.get(resourceName)!,
          configs: Object.fromEntries(configs.map(({ name, value }) => [name, value ?? ''])),
        }
      })
    })
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    if (topics.length === 0) return
    await this.#retry('create topics', async (cluster) => {
      const request = { topics: topics.map(newTopic), timeoutMs: this.#timeoutMs() }
      const answer = await cluster.send(await cluster.controller(), 'CreateTopics', request)
      for (const { name, errorCode, errorMessage } of answer.topics) {
        if (errorCode !== kafkaError.NONE && errorCode !== kafkaError.TOPIC_ALREADY_EXISTS)
          throw new AnswerError(errorCode, { topic: name, message: `topic ${name}: ${errorMessage ?? ''}` })
      }
    })
    // The controller has them now; the brokers that lead them learn of it a little later (NOT_LEADER until then).
    // For a moment they may not even have heard its name.
    for (const { topic } of topics)
      await this.#retry(`wait for topic ${topic}`, (cluster) => offsetsOf(cluster, topic, notThereYet(topic)))
  }

  async offsets(topic: string): Promise<readonly { partition: number; low: number; high: number }[]> {
    return this.#retry(`read the offsets of ${topic}`, (cluster) => offsetsOf(cluster, topic, missingTopic(topic)))
  }

  async committedOffsets(groupId: string, topics: readonly string[]): Promise<readonly OffsetOf[]> {
    return this.#retry(`read the committed offsets of ${groupId}`, async (cluster) => {
      const counts = await partitionCounts(cluster, topics)
      const partitions = [...counts].flatMap(([topic, count]) =>
        Array.from({ length: count }, (_, partition) => ({ topic, partition })),
      )
      const { committed } = await fetchOffsets(cluster, { groupId }, partitions)
      return committed.map(({ topic, partition, offset }) => ({ topic, partition, offset }))
    })
  }

  async deleteRecords(offsets: readonly OffsetOf[]): Promise<void> {
    if (offsets.length === 0) return
    await this.#retry('delete records', async (cluster) => {
      await cluster.addTopics([...new Set(offsets.map(({ topic }) => topic))])
      const groups = [...groupByLeader(cluster, offsets)]
      await Promise.all(groups.map(([leader, ofLeader]) => this.#deleteFrom(cluster, leader, ofLeader)))
    })
  }

  async #deleteFrom(cluster: Cluster, leader: number, offsets: readonly OffsetOf[]): Promise<void> {
    const topics = [...byTopic(offsets)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
    }))
    const answer = await cluster.send(leader, 'DeleteRecords', { topics, timeoutMs: this.#timeoutMs() })
    for (const { name, partitions } of answer.topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        const partition: TopicPartition = { topic: name, partition: partitionIndex }
        if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, partition)
      }
    }
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      await this.#retry(`delete topic ${topic}`, async (cluster) => {
        const timeoutMs = this.#timeoutMs()
        const { responses } = await cluster.send(await cluster.controller(), 'DeleteTopics', (version) =>
          version < 6
            ? { topicNames: [topic], timeoutMs }
            : { topics: [{ name: topic, topicId: zeroUuid }], timeoutMs },
        )
        for (const { errorCode, errorMessage } of responses)
          if (errorCode !== kafkaError.UNKNOWN_TOPIC_OR_PARTITION) checkAnswer(errorCode, errorMessage)
        cluster.forgetTopic(topic)
      })
    }
  }

  async close(): Promise<void> {
    const connecting = this.#connecting
    this.#connecting = undefined
    const cluster = await connecting?.catch(() => undefined)
    await cluster?.close()
  }

  #timeoutMs(): number {
    return Math.min(this.#options.requestTimeoutMs, requestTimeoutMsMax)
  }

  /** Every request is one that may be sent twice. */
  async #retry<T>(doing: string, action: (cluster: Cluster) => Promise<T>): Promise<T> {
    const cluster = await this.#cluster()
    return cluster.retry(doing, () => action(cluster))
  }
}

function newTopic({ topic, partitionCount, replicationFactor, configs }: NewTopic): {
  name: string
  numPartitions: number
  replicationFactor: number
  assignments: readonly []
  configs: readonly { name: string; value: string }[]
} {
  return {
    name: topic,
    numPartitions: partitionCount,
    replicationFactor,
    assignments: [],
    configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
  }
}

function missingTopic(topic: string): BrokerError {
  const message = `topic ${topic} does not exist. Create it, or correct its name`
  return new BrokerError('MILLRACE_TOPIC_MISSING', message, { topic, retriable: false })
}

function notThereYet(topic: string): AnswerError {
  return new AnswerError(kafkaError.UNKNOWN_TOPIC_OR_PARTITION, { topic })
}

type LogOffsets = Awaited<ReturnType<AdminPort['offsets']>>

async function offsetsOf(cluster: Cluster, topic: string, missing: Error): Promise<LogOffsets> {
  const count = (await partitionCounts(cluster, [topic])).get(topic)
  if (count === undefined) throw missing
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  await cluster.addTopics([topic])
  const [low, high] = await Promise.all([
    listOffsets(cluster, partitions, 'earliest'),
    listOffsets(cluster, partitions, 'latest'),
  ])
  return partitions.map(({ partition }) => ({
    partition,
    low: offsetOf(low, partition),
    high: offsetOf(high, partition),
  }))
}

function offsetOf(offsets: readonly OffsetOf[], partition: number): number {
  return offsets.find((entry) => entry.partition === partition)!.offset
}

async function partitionCounts(cluster: Cluster, topics: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  if (topics.length === 0) return counts
  for (const { name, errorCode, partitions } of (await cluster.metadata(topics)).topics) {
    if (errorCode === kafkaError.UNKNOWN_TOPIC_OR_PARTITION || name === null) continue
    if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, { topic: name, message: `topic ${name}` })
    counts.set(name, partitions.length)
  }
  return counts
}
