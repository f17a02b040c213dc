import { sleep } from '../core/clock.ts'
import { BrokerError } from '../core/errors.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { AdminPort, NewTopic, TopicDescription } from '../runtime/port.ts'
import { isConnectionError, isRetriable, protocolErrorType, translateError } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import { backoff, connectCluster, type ConnectionOptions } from './connection.ts'
import { closeCluster, errorFromCode, type KafkaJsCluster } from './kafkajs-library.ts'
import { groupByLeader, listOffsets, type OffsetOf } from './list-offsets.ts'

const topicResource = 2
const unknownTopicCode = 3
const requestTimeoutMsMax = 30_000

export function kafkajsAdmin(connection: ConnectionOptions): AdminPort {
  return new Admin(connection)
}

class Admin implements AdminPort {
  readonly #connection: ConnectionOptions
  #cluster: KafkaJsCluster | undefined

  constructor(connection: ConnectionOptions) {
    this.#connection = connection
  }

  async connect(): Promise<void> {
    this.#cluster ??= await connectCluster(this.#connection, 'connect to Kafka')
  }

  async partitionCounts(topics: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return this.#retry('read topic metadata', (cluster) => partitionCounts(cluster, topics))
  }

  async describeTopics(topics: readonly string[]): Promise<readonly TopicDescription[]> {
    const counts = await this.partitionCounts(topics)
    if (counts.size === 0) return []
    return this.#retry('read topic configs', async (cluster) => {
      const broker = await cluster.findControllerBroker()
      const resources = [...counts.keys()].map((name) => ({ type: topicResource, name }))
      const described = await broker.describeConfigs({ resources })
      return described.resources.map(({ resourceName, configEntries }) => ({
        topic: resourceName,
        partitionCount: counts.get(resourceName)!,
        configs: Object.fromEntries(
          configEntries.map(({ configName, configValue }) => [configName, configValue ?? '']),
        ),
      }))
    })
  }

  async createTopics(topics: readonly NewTopic[]): Promise<void> {
    if (topics.length === 0) return
    await this.#retry('create topics', async (cluster) => {
      const broker = await cluster.findControllerBroker()
      await broker
        .createTopics({ topics: topics.map(newTopic), timeout: this.#timeoutMs() })
        .catch(ignoring('TOPIC_ALREADY_EXISTS'))
    })
    // The controller has them now; the brokers that lead them learn of it a little later (NOT_LEADER until then).
    // For a moment they may not even have heard its name.
    for (const { topic } of topics)
      await this.#retry(`wait for topic ${topic}`, (cluster) => offsetsOf(cluster, topic, notThereYet()))
  }

  async offsets(topic: string): Promise<readonly { partition: number; low: number; high: number }[]> {
    return this.#retry(`read the offsets of ${topic}`, (cluster) => offsetsOf(cluster, topic, missingTopic(topic)))
  }

  async committedOffsets(
    groupId: string,
    topics: readonly string[],
  ): Promise<readonly (TopicPartition & { readonly offset: number })[]> {
    return this.#retry(`read the committed offsets of ${groupId}`, async (cluster) => {
      const counts = await partitionCounts(cluster, topics)
      if (counts.size === 0) return []
      const wanted = [...counts].map(([topic, count]) => ({
        topic,
        partitions: Array.from({ length: count }, (_, partition) => ({ partition })),
      }))
      const coordinator = await cluster.findGroupCoordinator({ groupId })
      const { responses } = await coordinator.offsetFetch({ groupId, topics: wanted })
      return responses.flatMap(({ topic, partitions }) =>
        partitions
          .map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
          .filter(({ offset }) => offset >= 0),
      )
    })
  }

  async deleteRecords(offsets: readonly (TopicPartition & { readonly offset: number })[]): Promise<void> {
    if (offsets.length === 0) return
    await this.#retry('delete records', async (cluster) => {
      await cluster.addMultipleTargetTopics([...new Set(offsets.map(({ topic }) => topic))])
      await cluster.refreshMetadata()
      for (const [broker, ofBroker] of await groupByLeader(cluster, offsets)) {
        // One topic a request: KafkaJS's error for several names the wrong partition.
        for (const [topic, partitions] of byTopic(ofBroker)) {
          const positions = partitions.map(({ partition, offset }) => ({ partition, offset: String(offset) }))
          await broker.deleteRecords({ topics: [{ topic, partitions: positions }], timeout: this.#timeoutMs() })
        }
      }
    })
  }

  async deleteTopics(topics: readonly string[]): Promise<void> {
    for (const topic of topics) {
      await this.#retry(`delete topic ${topic}`, async (cluster) => {
        const broker = await cluster.findControllerBroker()
        await broker
          .deleteTopics({ topics: [topic], timeout: this.#timeoutMs() })
          .catch(ignoring('UNKNOWN_TOPIC_OR_PARTITION'))
        cluster.targetTopics.delete(topic)
      })
    }
  }

  async close(): Promise<void> {
    const cluster = this.#cluster
    this.#cluster = undefined
    if (cluster !== undefined) await closeCluster(cluster)
  }

  #timeoutMs(): number {
    return Math.min(this.#connection.requestTimeoutMs, requestTimeoutMsMax)
  }

  /** Tries for `requestTimeoutMs`; every request is one that may be sent twice. */
  async #retry<T>(doing: string, action: (cluster: KafkaJsCluster) => Promise<T>): Promise<T> {
    const { clock, requestTimeoutMs, brokers } = this.#connection
    const deadline = clock.monotonic() + requestTimeoutMs
    for (let attempt = 0; ; attempt++) {
      try {
        await this.connect()
        return await action(this.#cluster!)
      } catch (error) {
        const wait = backoff(attempt)
        if (!isRetriable(error) || clock.monotonic() + wait > deadline) throw translateError(error, doing, brokers)
        await sleep(clock, wait)
        if (!isConnectionError(error)) await this.#cluster?.refreshMetadata().catch(() => {})
      }
    }
  }
}

function newTopic({ topic, partitionCount, replicationFactor, configs }: NewTopic): object {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
  return { topic, numPartitions: partitionCount, replicationFactor, configEntries }
}

/** For a `catch`: passes over errors that are all of this type. */
function ignoring(type: string): (error: unknown) => void {
  return (error) => {
    const { errors } = error as { errors?: readonly unknown[] }
    const failures = errors ?? [error]
    const others = failures.filter((failure) => protocolErrorType(failure) !== type)
    if (others.length > 0) throw others[0]
  }
}

function missingTopic(topic: string): BrokerError {
  const message = `topic ${topic} does not exist. Create it, or correct its name`
  return new BrokerError('MILLRACE_TOPIC_MISSING', message, { topic, retriable: false })
}

function notThereYet(): Error {
  return errorFromCode(unknownTopicCode)
}

type LogOffsets = Awaited<ReturnType<AdminPort['offsets']>>

async function offsetsOf(cluster: KafkaJsCluster, topic: string, missing: Error): Promise<LogOffsets> {
  const count = (await partitionCounts(cluster, [topic])).get(topic)
  if (count === undefined) throw missing
  const partitions = Array.from({ length: count }, (_, partition) => ({ topic, partition }))
  await cluster.addMultipleTargetTopics([topic])
  const low = await listOffsets(cluster, partitions, 'earliest')
  const high = await listOffsets(cluster, partitions, 'latest')
  return partitions.map(({ partition }) => ({
    partition,
    low: offsetOf(low, partition),
    high: offsetOf(high, partition),
  }))
}

function offsetOf(offsets: readonly OffsetOf[], partition: number): number {
  return offsets.find((entry) => entry.partition === partition)!.offset
}

async function partitionCounts(cluster: KafkaJsCluster, topics: readonly string[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  const broker = await cluster.findControllerBroker()
  // One by one: a topic that is missing, or has no leader yet, fails the whole request.
  for (const topic of topics) {
    const metadata = await broker.metadata([topic]).catch(ignoring('UNKNOWN_TOPIC_OR_PARTITION'))
    if (metadata) counts.set(topic, metadata.topicMetadata[0]!.partitionMetadata.length)
  }
  return counts
}
