import { sleep } from '../core/clock.ts'
import { BrokerError, TaskMigratedError } from '../core/errors.ts'
import { topicPartitionName, type TopicPartition } from '../core/topic-partition.ts'
import { decodePlaces } from '../runtime/member-places.ts'
import type { ConsumerOptions, ConsumerPort, FetchedBatch, MemberPlace, RebalanceListener } from '../runtime/port.ts'
import { backoff } from './backoff.ts'
import { isRetriable, kafkaErrorOf } from './broker-errors.ts'
import type { ClientOptions } from './client-options.ts'
import { Cluster } from './cluster.ts'
import { Fetcher } from './fetcher.ts'
import { GroupMembership } from './group-membership.ts'
import type { Assignment } from './group-protocol.ts'
import { listOffsets, type OffsetOf } from './list-offsets.ts'

/** How long `close` waits for a JoinGroup that is under way, to be able to leave the group properly. */
const joinPatienceMs = 1_000

export function clientConsumer(client: ClientOptions, options: ConsumerOptions): ConsumerPort {
  return new Consumer(client, options)
}

/**
 * Callbacks of the listener run inside `poll` (and `close`), so never while its user processes what it polled; heartbeats
 * and reading ahead go on beside it. A rebalance waits for the next `poll`, as with KafkaConsumer.
 *
 * C8, exactly: `highWatermark` is what the broker said in the last fetch that was answered. A partition whose buffer has room
 * is in every fetch, and the broker answers as soon as it has something: the value lags behind the broker by the
 * way there and back. It costs nothing beyond the fetches.
 */
class Consumer implements ConsumerPort {
  readonly #client: ClientOptions
  readonly #options: ConsumerOptions
  readonly #paused = new Set<string>()
  #running: { cluster: Cluster; group: GroupMembership; fetcher: Fetcher; listener: RebalanceListener } | undefined
  #owned: readonly TopicPartition[] = []
  #lastOwned: readonly TopicPartition[] = []
  #joining: Promise<void> | undefined
  #joined: Assignment | undefined
  #members: readonly MemberPlace[] = []
  #fatal: Error | undefined
  #signal: () => void = () => {}
  #serving: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(client: ClientOptions, options: ConsumerOptions) {
    this.#client = client
    this.#options = options
  }

  async subscribe(topics: readonly string[], listener: RebalanceListener): Promise<void> {
    const cluster = new Cluster(this.#client)
    await cluster.connect(`join the group ${this.#options.groupId}`)
    await addTopics(cluster, topics)
    const group = new GroupMembership({
      cluster,
      consumer: this.#options,
      topics,
      onChange: () => this.#signal(),
    })
    const fetcher = new Fetcher({
      ...this.#options,
      cluster,
      outOfRange: (partition) => this.#options.outOfRange(partition),
      onArrival: () => this.#signal(),
      onFatal: (error) => this.#fail(error),
    })
    this.#running = { cluster, group, fetcher, listener }
    this.#join(group)
  }

  #fail(error: Error): void {
    this.#fatal ??= error
    this.#signal()
  }

  #join(group: GroupMembership): void {
    this.#joined = undefined
    this.#joining = group.join(this.#lastOwned).then(
      (assignment) => {
        this.#joined = assignment
        this.#signal()
      },
      (error: Error) => this.#fail(error),
    )
  }

  async poll(maxWaitMs: number): Promise<readonly FetchedBatch[]> {
    const { clock } = this.#client
    const deadline = clock.monotonic() + maxWaitMs
    for (;;) {
      const signalled = new Promise<void>((resolve) => (this.#signal = resolve))
      this.#serving = this.#serve()
      await this.#serving
      if (this.#fatal !== undefined) throw this.#takeFatal(this.#fatal)
      const batches = this.#running?.fetcher.take(this.#paused) ?? []
      const left = deadline - clock.monotonic()
      if (batches.length > 0 || left <= 0 || this.#closing !== undefined) return batches
      await this.#wait(signalled, left)
    }
  }

  #takeFatal(error: Error): Error {
    this.#fatal = undefined
    return error
  }

  async #wait(signalled: Promise<void>, ms: number): Promise<void> {
    const done = new AbortController()
    await Promise.race([signalled, sleep(this.#client.clock, ms, done.signal)])
    done.abort()
  }

  /** Tells the listener what happened to the group since the last poll. */
  async #serve(): Promise<void> {
    if (this.#running === undefined || this.#closing !== undefined) return
    const { group, fetcher } = this.#running
    if (this.#joining === undefined && (group.lost || group.rebalancing)) {
      await this.#release()
      this.#join(group)
    }
    if (this.#joined === undefined) return
    const { partitions: assignment, userData } = this.#joined
    const positions = await this.#positions(assignment)
    if (positions === undefined) return
    this.#joined = undefined
    this.#joining = undefined
    this.#paused.clear()
    this.#owned = assignment
    this.#lastOwned = assignment
    this.#members = decodePlaces(userData)
    fetcher.assign(positions)
    await this.#running.listener.onAssigned(assignment)
  }

  /** The partitions go, one way or the other: from here on nothing of them is handed out. */
  async #release(): Promise<void> {
    const { group, fetcher, listener } = this.#running!
    const owned = this.#owned
    try {
      if (owned.length > 0 && group.lost) await listener.onLost(owned)
      else if (owned.length > 0) await listener.onRevoked(owned)
    } finally {
      if (group.lost) this.#lastOwned = []
      this.#owned = []
      fetcher.assign([])
    }
  }

  /** Where to start reading; undefined when the group moved on meanwhile. */
  async #positions(partitions: readonly TopicPartition[]): Promise<readonly OffsetOf[] | undefined> {
    const { group } = this.#running!
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.#lookUp(partitions)
      } catch (error) {
        if (!isRetriable(error)) {
          this.#joined = undefined
          this.#fail(this.#running!.cluster.translate(error, 'find out where to start reading'))
          return undefined
        }
        await sleep(this.#client.clock, backoff(attempt, this.#client.random))
        await this.#running!.cluster.refresh().catch(() => {})
        if (this.#closing !== undefined) return undefined
        if (group.lost || group.rebalancing) {
          this.#join(group)
          return undefined
        }
      }
    }
  }

  async #lookUp(partitions: readonly TopicPartition[]): Promise<readonly OffsetOf[]> {
    const { cluster, group } = this.#running!
    const committed = await group.committed(partitions)
    const known = new Set(committed.map(topicPartitionName))
    const fresh = partitions.filter((partition) => !known.has(topicPartitionName(partition)))
    const resetTo = (reset: string): TopicPartition[] =>
      fresh.filter(({ topic }) => this.#options.offsetReset(topic) === reset)
    const [none] = resetTo('none')
    if (none !== undefined) throw noOffset(this.#options.groupId, none)
    return [
      ...committed,
      ...(await listOffsets(cluster, resetTo('earliest'), 'earliest')),
      ...(await listOffsets(cluster, resetTo('latest'), 'latest', this.#options.readCommitted)),
    ]
  }

  pause(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.add(topicPartitionName(partition))
  }

  resume(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#paused.delete(topicPartitionName(partition))
    this.#signal()
  }

  highWatermark(partition: TopicPartition): number | undefined {
    return this.#running?.fetcher.highWatermark(partition)
  }

  fetchedAtMs(partition: TopicPartition): number | undefined {
    return this.#running?.fetcher.fetchedAtMs(partition)
  }

  position(partition: TopicPartition): number | undefined {
    return this.#running?.fetcher.position(partition)
  }

  members(): readonly MemberPlace[] {
    return this.#members
  }

  async commit(offsets: readonly OffsetOf[]): Promise<void> {
    if (offsets.length === 0) return
    const owned = new Set(this.#owned.map(topicPartitionName))
    const foreign = offsets.find((offset) => !owned.has(topicPartitionName(offset)))
    if (foreign !== undefined || this.#running === undefined) {
      const name = foreign === undefined ? 'any partition' : topicPartitionName(foreign)
      throw new TaskMigratedError(`this member does not own ${name}: nothing was committed`, foreign)
    }
    await this.#running.group.commit(offsets)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#signal()
    if (this.#running === undefined) return
    const { cluster, group, fetcher } = this.#running
    // One callback at a time; an error of the one under way is told to whoever polls.
    await this.#serving?.catch(() => {})
    try {
      await this.#release()
    } finally {
      fetcher.stop()
      if (this.#joining !== undefined) await this.#wait(this.#joining, joinPatienceMs)
      await group.leave().finally(() => cluster.close())
    }
  }
}

async function addTopics(cluster: Cluster, topics: readonly string[]): Promise<void> {
  try {
    await cluster.addTopics(topics)
  } catch (error) {
    await cluster.close()
    const topic = error instanceof BrokerError ? error.topic : undefined
    if (kafkaErrorOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION')
      throw cluster.translate(error, `subscribe to ${topics.join(', ')}`)
    const message = `topic ${topic} does not exist. Create it, or correct its name`
    throw new BrokerError('MILLRACE_TOPIC_MISSING', message, { topic, retriable: false, cause: error })
  }
}

function noOffset(groupId: string, { topic, partition }: TopicPartition): BrokerError {
  const message =
    `the group ${groupId} has no committed offset for ${topic}-${partition}, and the topic's offset reset is 'none'. ` +
    `Commit one, or set the reset to 'earliest' or 'latest'`
  return new BrokerError('MILLRACE_OFFSET_OUT_OF_RANGE', message, { topic, partition, retriable: false })
}
