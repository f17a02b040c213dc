/*
 * One member of a consumer group (the classic protocol, eager): joining, heartbeats, commits, leaving.
 *
 *   out -> joining -> member -> (told of a rebalance: `rebalancing`) -> joining ...
 *                            -> (told that it is out: `lost`)        -> joining as a new member
 *
 * Heartbeats run on a timer while it is a member, whatever its user does: a long restore or a slow record must not cost
 * the partitions (kafkajs #387). They stop while a JoinGroup is under way, as the broker then counts that as a sign of life.
 */
import { sleep, type Timer } from '../core/clock.ts'
import { TaskMigratedError } from '../core/errors.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import { decodeAddress, encodeAddress, encodePlaces } from '../runtime/member-places.ts'
import type { ConsumerOptions } from '../runtime/port.ts'
import { isConnectionError, isRetriable, protocolErrorType, translateError } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import { backoff, type ConnectionOptions } from './connection.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Assignment,
} from './group-protocol.ts'
import type { JoinedGroup, KafkaJsBroker, KafkaJsCluster } from './kafkajs-library.ts'
import type { OffsetOf } from './list-offsets.ts'

const assignorName = 'millrace'

/** The broker does not know this member in this generation (any more). */
const outTypes: ReadonlySet<string> = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'])

export interface MembershipOptions {
  readonly cluster: KafkaJsCluster
  readonly connection: ConnectionOptions
  readonly consumer: ConsumerOptions
  readonly topics: readonly string[]
  /** Called when `rebalancing` or `lost` becomes true. */
  onChange(): void
}

export class GroupMembership {
  readonly #options: MembershipOptions
  #memberId = ''
  #generation = -1
  #coordinator: KafkaJsBroker | undefined
  #heartbeat: Timer | undefined
  #closed = false
  rebalancing = false
  lost = false

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  /** Resolves with the assignment; tries until it has one or is closed. Rejects when trying again cannot help. */
  async join(owned: readonly TopicPartition[]): Promise<Assignment> {
    this.#stopHeartbeats()
    if (this.lost) this.#memberId = ''
    this.lost = false
    for (let attempt = 0; ; attempt++) {
      this.rebalancing = false
      try {
        const assignment = await this.#joinOnce(owned)
        this.#startHeartbeats()
        return assignment
      } catch (error) {
        if (this.#closed) return decodeAssignment(Buffer.alloc(0))
        await this.#recoverJoin(error, attempt)
      }
    }
  }

  async #joinOnce(owned: readonly TopicPartition[]): Promise<Assignment> {
    const { consumer, topics } = this.#options
    const metadata = encodeSubscription({ topics, owned, userData: encodeAddress(consumer.address) })
    const coordinator = await this.#findCoordinator()
    const joined = await coordinator.joinGroup({
      groupId: consumer.groupId,
      memberId: this.#memberId,
      sessionTimeout: consumer.sessionTimeoutMs,
      rebalanceTimeout: consumer.rebalanceTimeoutMs,
      groupProtocols: [{ name: assignorName, metadata }],
    })
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    const groupAssignment = joined.leaderId === joined.memberId ? await this.#assign(joined) : []
    const { groupId } = consumer
    const synced = await coordinator.syncGroup({
      groupId,
      generationId: joined.generationId,
      memberId: joined.memberId,
      groupAssignment,
    })
    return decodeAssignment(synced.memberAssignment ?? Buffer.alloc(0))
  }

  async #assign(joined: JoinedGroup): Promise<object[]> {
    const { cluster, consumer } = this.#options
    const members = joined.members.map(({ memberId, memberMetadata }) => ({
      memberId,
      ...decodeSubscription(memberMetadata),
    }))
    const topics = [...new Set(members.flatMap((member) => member.topics))].toSorted()
    await cluster.addMultipleTargetTopics(topics)
    await cluster.refreshMetadata()
    const metadata = cluster.brokerPool.metadata?.topicMetadata ?? []
    const counts = new Map(metadata.map(({ topic, partitionMetadata }) => [topic, partitionMetadata.length]))
    const wanted = new Map(topics.map((topic) => [topic, counts.get(topic) ?? 0]))
    const assignment = consumer.assignor(members, wanted)
    const places = members.map(({ memberId, userData }) => ({
      memberId,
      address: decodeAddress(userData),
      partitions: assignment.get(memberId) ?? [],
    }))
    const userData = encodePlaces(places)
    return places.map(({ memberId, partitions }) => ({
      memberId,
      memberAssignment: encodeAssignment({ partitions, userData }),
    }))
  }

  async #recoverJoin(error: unknown, attempt: number): Promise<void> {
    const { connection, consumer } = this.#options
    const type = protocolErrorType(error) ?? ''
    this.#coordinator = undefined
    // The next generation began while this one was forming.
    if (type === 'REBALANCE_IN_PROGRESS') return
    if (outTypes.has(type)) this.#memberId = ''
    else if (!isRetriable(error)) throw translateError(error, `join the group ${consumer.groupId}`, connection.brokers)
    await sleep(connection.clock, backoff(attempt))
  }

  async #findCoordinator(): Promise<KafkaJsBroker> {
    const { cluster, consumer } = this.#options
    this.#coordinator ??= await cluster.findGroupCoordinator({ groupId: consumer.groupId })
    return this.#coordinator
  }

  #startHeartbeats(): void {
    if (this.#closed) return
    const { connection, consumer } = this.#options
    this.#heartbeat = connection.clock.setTimer(consumer.heartbeatIntervalMs, () => void this.#beat())
  }

  #stopHeartbeats(): void {
    this.#heartbeat?.cancel()
    this.#heartbeat = undefined
  }

  async #beat(): Promise<void> {
    const timer = this.#heartbeat
    try {
      const coordinator = await this.#findCoordinator()
      await coordinator.heartbeat({
        groupId: this.#options.consumer.groupId,
        memberId: this.#memberId,
        groupGenerationId: this.#generation,
      })
    } catch (error) {
      // Stopped meanwhile: the answer is about a generation that is over.
      if (this.#heartbeat === timer) this.#heardError(error)
    }
    if (this.#heartbeat === timer && !this.lost) this.#startHeartbeats()
  }

  #heardError(error: unknown): void {
    const type = protocolErrorType(error) ?? ''
    if (type === 'REBALANCE_IN_PROGRESS') this.rebalancing = true
    else if (outTypes.has(type)) this.lost = true
    else this.#coordinator = undefined
    if (this.rebalancing || this.lost) this.#options.onChange()
  }

  /** What the group committed; a partition without a committed offset is absent. */
  async committed(partitions: readonly TopicPartition[]): Promise<readonly OffsetOf[]> {
    if (partitions.length === 0) return []
    const coordinator = await this.#findCoordinator()
    const topics = [...byTopic(partitions)].map(([topic, ofTopic]) => ({
      topic,
      partitions: ofTopic.map(({ partition }) => ({ partition })),
    }))
    const { responses } = await coordinator
      .offsetFetch({ groupId: this.#options.consumer.groupId, topics })
      .catch((error: unknown) => {
        this.#coordinator = undefined
        throw error
      })
    return responses.flatMap(({ topic, partitions: found }) =>
      found
        .map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }))
        .filter(({ offset }) => offset >= 0),
    )
  }

  /** @throws TaskMigratedError when the group went on without this member; nothing is committed then */
  async commit(offsets: readonly OffsetOf[]): Promise<void> {
    const { connection, consumer } = this.#options
    const deadline = connection.clock.monotonic() + connection.requestTimeoutMs
    const request = this.#commitRequest(offsets)
    for (let attempt = 0; ; attempt++) {
      if (this.lost) throw migrated(consumer.groupId, offsets)
      try {
        const coordinator = await this.#findCoordinator()
        await coordinator.offsetCommit(request)
        return
      } catch (error) {
        this.#commitFailed(error, offsets)
        const wait = backoff(attempt)
        const doing = `commit offsets of the group ${consumer.groupId}`
        if (connection.clock.monotonic() + wait > deadline) throw translateError(error, doing, connection.brokers)
        await sleep(connection.clock, wait)
      }
    }
  }

  #commitRequest(offsets: readonly OffsetOf[]): object {
    const topics = [...byTopic(offsets)].map(([topic, ofTopic]) => ({
      topic,
      partitions: ofTopic.map(({ partition, offset }) => ({ partition, offset: String(offset) })),
    }))
    return {
      groupId: this.#options.consumer.groupId,
      memberId: this.#memberId,
      groupGenerationId: this.#generation,
      topics,
    }
  }

  /** Returns when it is worth another try. */
  #commitFailed(error: unknown, offsets: readonly OffsetOf[]): void {
    const { connection, consumer } = this.#options
    const type = protocolErrorType(error) ?? ''
    if (outTypes.has(type) || type === 'REBALANCE_IN_PROGRESS') {
      this.lost ||= type !== 'REBALANCE_IN_PROGRESS'
      this.rebalancing = true
      this.#options.onChange()
      throw migrated(consumer.groupId, offsets, error)
    }
    if (!isRetriable(error))
      throw translateError(error, `commit offsets of the group ${consumer.groupId}`, connection.brokers)
    this.#coordinator = undefined
  }

  /** Says goodbye, so that the others need not wait for the session to time out. */
  async leave(): Promise<void> {
    this.#closed = true
    this.#stopHeartbeats()
    if (this.#memberId === '' || this.lost) return
    const { groupId } = this.#options.consumer
    await this.#coordinator?.leaveGroup({ groupId, memberId: this.#memberId }).catch((error: unknown) => {
      // Gone already, or no way to the broker: the session time-out does the same.
      if (!isConnectionError(error) && protocolErrorType(error) === undefined) throw error
    })
  }
}

function migrated(groupId: string, offsets: readonly OffsetOf[], cause?: unknown): TaskMigratedError {
  const facts = { topic: offsets[0]?.topic, partition: offsets[0]?.partition, cause }
  return new TaskMigratedError(`this member is no longer part of the group ${groupId}: nothing was committed`, facts)
}
