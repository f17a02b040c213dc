import { sleep } from '../core/clock.ts'
import { TaskMigratedError } from '../core/errors.ts'
import { topicPartitionName, type TopicPartition } from '../core/topic-partition.ts'
import { decodePlaces } from '../runtime/member-places.ts'
import type {
  ConsumerOptions,
  ConsumerPort,
  FetchedBatch,
  GroupMetadata,
  MemberPlace,
  RebalanceListener,
} from '../runtime/port.ts'
import type { ClientOptions } from './client-options.ts'
import { addSubscribed } from './add-subscribed.ts'
import { Cluster } from './cluster.ts'
import { Fetcher } from './fetcher.ts'
import { GroupMembership } from './group-membership.ts'
import { noMember } from './offset-commit.ts'
import type { Assignment } from './group-protocol.ts'
import type { OffsetOf } from './list-offsets.ts'
import { PositionSearch } from './position-search.ts'

/** How long `close` waits for a JoinGroup that is under way, to be able to leave the group properly. */
const joinPatienceMs = 1_000

export function clientConsumer(client: ClientOptions, options: ConsumerOptions): ConsumerPort {
  return new Consumer(client, options)
}

interface Running {
  readonly cluster: Cluster
  readonly group: GroupMembership
  readonly fetcher: Fetcher
  readonly search: PositionSearch
  readonly listener: RebalanceListener
}

/**
 * Callbacks of the listener run inside `poll` (and `close`), so never while its user processes what it polled; heartbeats
 * and reading ahead go on beside it. A rebalance waits for the next `poll`, as with KafkaConsumer; what is owned is handed out all
 * the while that the group forms (KIP-429).
 *
 * C8, exactly: `highWatermark` is what the broker said in the last fetch that was answered. A partition whose buffer has room
 * is in every fetch, and the broker answers as soon as it has something: the value lags behind the broker by the
 * way there and back. It costs nothing beyond the fetches.
 */
class Consumer implements ConsumerPort {
  readonly #client: ClientOptions
  readonly #options: ConsumerOptions
  readonly #paused = new Set<string>()
  #running: Running | undefined
  #owned: readonly TopicPartition[] = []
  #joining: Promise<void> | undefined
  #joined: Assignment | undefined
  #members: readonly MemberPlace[] = []
  /** The listener has not heard yet of what came last. */
  #isUntold = false
  #fatal: Error | undefined
  #signal: () => void = () => {}
  #woken = false
  #serving: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(client: ClientOptions, options: ConsumerOptions) {
    this.#client = client
    this.#options = options
  }

  async subscribe(topics: readonly string[], listener: RebalanceListener): Promise<void> {
    const cluster = new Cluster(this.#client)
    await cluster.connect(`join the group ${this.#options.groupId}`)
    await addSubscribed(cluster, topics)
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
    const search = new PositionSearch({
      cluster,
      consumer: this.#options,
      onFound: () => this.#signal(),
      onFatal: (error) => {
        this.#fail(error)
        // Not told, so not owned: the group, which forms again, gives them to whoever is there.
        group.requestRejoin()
      },
    })
    this.#running = { cluster, group, fetcher, search, listener }
    this.#join(group)
  }

  #fail(error: Error): void {
    this.#fatal ??= error
    this.#signal()
  }

  #join(group: GroupMembership): void {
    this.#joined = undefined
    this.#joining = group.join([...this.#owned, ...this.#running!.search.partitions]).then(
      (assignment) => {
        this.#joined = assignment
        this.#joining = undefined
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
      const left = this.#woken ? 0 : deadline - clock.monotonic()
      if (batches.length > 0 || left <= 0 || this.#closing !== undefined) {
        this.#woken = false
        return batches
      }
      await this.#wait(signalled, left)
    }
  }

  wakeup(): void {
    this.#woken = true
    this.#signal()
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
    if (this.#running === undefined || this.#closing !== undefined || this.#fatal !== undefined) return
    const { group, search } = this.#running
    // What comes was claimed as owned: it need not wait for the others.
    if (this.#joining !== undefined) return group.lost ? undefined : this.#tellAssigned()
    if (group.lost) await this.#lose()
    else if (this.#joined !== undefined) await this.#serveAssignment(this.#joined)
    if (!group.lost) await this.#tellAssigned()
    // Lost while it was told what it has: first it is told that, by the next turn.
    if (group.lost && this.#owned.length + search.partitions.length > 0) return this.#serve()
    if (group.lost || group.rebalancing) this.#join(group)
  }

  /** What goes, goes first: another member waits for it. */
  async #serveAssignment({ partitions, userData }: Assignment): Promise<void> {
    this.#joined = undefined
    const { group, search } = this.#running!
    const gone = without(this.#owned, partitions)
    const neverTold = without(search.partitions, partitions)
    search.remove(neverTold)
    // Whoever is to have them gets them when the group forms the next time.
    if (gone.length + neverTold.length > 0) group.requestRejoin()
    if (gone.length > 0) await this.#revoke(gone)
    if (group.lost) return
    this.#members = decodePlaces(userData)
    this.#isUntold = true
    search.add(without(partitions, [...this.#owned, ...search.partitions]))
  }

  async #tellAssigned(): Promise<void> {
    const { fetcher, search, listener } = this.#running!
    const positions = this.#isUntold ? search.take() : undefined
    if (positions === undefined) return
    this.#isUntold = false
    const added = positions.map(({ topic, partition }) => ({ topic, partition }))
    this.#owned = [...this.#owned, ...added]
    for (const partition of added) this.#paused.delete(topicPartitionName(partition))
    fetcher.add(positions)
    await listener.onAssigned(added)
  }

  /** Ends with the partitions gone, or with the group's `lost` when it took too long. */
  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { group, listener } = this.#running!
    const { rebalanceTimeoutMs, groupId } = this.#options
    const late = this.#client.clock.setTimer(rebalanceTimeoutMs, () => {
      const names = partitions.map(topicPartitionName).join(', ')
      const took = `to let go of ${names} took longer than the ${rebalanceTimeoutMs} ms of rebalanceTimeoutMs`
      void group.giveUp(`${took}, so this member left the group ${groupId}`)
    })
    try {
      await listener.onRevoked(partitions)
    } finally {
      late.cancel()
      if (!group.lost) this.#forget(partitions)
    }
  }

  async #lose(): Promise<void> {
    const owned = this.#owned
    this.#joined = undefined
    this.#isUntold = false
    this.#running!.search.clear()
    this.#forget(owned)
    if (owned.length > 0) await this.#running!.listener.onLost(owned)
  }

  /** From here on nothing of them is handed out. */
  #forget(partitions: readonly TopicPartition[]): void {
    this.#owned = without(this.#owned, partitions)
    this.#running!.fetcher.remove(partitions)
    for (const partition of partitions) this.#paused.delete(topicPartitionName(partition))
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

  groupMetadata(): GroupMetadata {
    return this.#running?.group.member ?? noMember(this.#options)
  }

  leaderEpochAt(position: OffsetOf): number | undefined {
    return this.#running?.fetcher.leaderEpochAt(position)
  }

  async commit(offsets: readonly OffsetOf[]): Promise<void> {
    if (offsets.length === 0) return
    const owned = new Set(this.#owned.map(topicPartitionName))
    const foreign = offsets.find((offset) => !owned.has(topicPartitionName(offset)))
    if (foreign !== undefined || this.#running === undefined) {
      const name = foreign === undefined ? 'any partition' : topicPartitionName(foreign)
      throw new TaskMigratedError(`this member does not own ${name}: nothing was committed`, foreign)
    }
    const { group, fetcher } = this.#running
    await group.commit(offsets.map((offset) => ({ ...offset, leaderEpoch: fetcher.leaderEpochAt(offset) ?? -1 })))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#signal()
    if (this.#running === undefined) return
    const { cluster, group, fetcher, search } = this.#running
    // One callback at a time; an error of the one under way is told to whoever polls.
    await this.#serving?.catch(() => {})
    try {
      if (!group.lost && this.#owned.length > 0) await this.#revoke(this.#owned)
      if (group.lost) await this.#lose()
    } finally {
      search.clear()
      fetcher.stop()
      if (this.#joining !== undefined) await this.#wait(this.#joining, joinPatienceMs)
      await group.leave().finally(() => cluster.close())
    }
  }
}

function without(partitions: readonly TopicPartition[], others: readonly TopicPartition[]): readonly TopicPartition[] {
  const names = new Set(others.map(topicPartitionName))
  return partitions.filter((partition) => !names.has(topicPartitionName(partition)))
}
