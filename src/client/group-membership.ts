/*
 * One member of a consumer group (the classic protocol, eager): joining, heartbeats, commits, leaving.
 *
 *   out -> joining -> member -> (told of a rebalance: `rebalancing`) -> joining ...
 *                            -> (told that it is out: `lost`)        -> joining as a new member
 *
 * Heartbeats run on a timer while it is a member, whatever its user does: a long restore or a slow record must not cost
 * the partitions (kafkajs #387). They stop while a JoinGroup is under way, as the broker then counts that as a sign of life.
 */
import { sleep, type Clock, type Timer } from '../core/clock.ts'
import { TaskMigratedError } from '../core/errors.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import { decodeAddress, encodeAddress, encodePlaces } from '../runtime/member-places.ts'
import type { ConsumerOptions } from '../runtime/port.ts'
import { kafkaError, type KafkaErrorName } from '../protocol/kafka-error.ts'
import type { NewRequest, ResponseOf } from '../protocol/messages/messages.ts'
import { backoff } from './backoff.ts'
import { AnswerError, checkAnswer, ConnectionError, isRetriable, kafkaErrorOf } from './broker-errors.ts'
import { byTopic } from './by-topic.ts'
import type { Cluster } from './cluster.ts'
import {
  decodeAssignment,
  decodeSubscription,
  encodeAssignment,
  encodeSubscription,
  type Assignment,
} from './group-protocol.ts'
import type { OffsetOf } from './list-offsets.ts'
import { fetchOffsets } from './offset-fetch.ts'

const assignorName = 'millrace'
const protocolType = 'consumer'
/** On top of the time for which the broker may hold a JoinGroup. */
const joinSlackMs = 5_000

type JoinedGroup = ResponseOf<'JoinGroup'>
type OffsetCommit = NewRequest<'OffsetCommit'>

/** The broker does not know this member in this generation (any more). */
const outErrors: ReadonlySet<KafkaErrorName | undefined> = new Set([
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
])

export interface MembershipOptions {
  readonly cluster: Cluster
  readonly consumer: ConsumerOptions
  readonly topics: readonly string[]
  /** Called when `rebalancing` or `lost` becomes true. */
  onChange(): void
}

export class GroupMembership {
  readonly #options: MembershipOptions
  readonly #clock: Clock
  #memberId = ''
  #generation = -1
  #heartbeat: Timer | undefined
  #closed = false
  rebalancing = false
  lost = false

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#clock = options.cluster.options.clock
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
    const joined = await this.#sendJoin(metadata)
    this.#memberId = joined.memberId
    this.#generation = joined.generationId
    const assignments = joined.leader === joined.memberId ? await this.#assign(joined) : []
    const { groupId, rebalanceTimeoutMs } = consumer
    const generation = { generationId: joined.generationId, memberId: joined.memberId }
    const request = { groupId, ...generation, protocolType, protocolName: assignorName, assignments }
    // Held by the broker until the leader has assigned.
    const patience = { channel: 'group', timeoutMs: rebalanceTimeoutMs + joinSlackMs } as const
    const synced = await this.#options.cluster.send(await this.#coordinator(), 'SyncGroup', request, patience)
    checkAnswer(synced.errorCode)
    return decodeAssignment(synced.assignment)
  }

  async #sendJoin(metadata: Buffer): Promise<JoinedGroup> {
    const { cluster, consumer } = this.#options
    const { groupId, sessionTimeoutMs, rebalanceTimeoutMs } = consumer
    const request = (): NewRequest<'JoinGroup'> => ({
      groupId,
      memberId: this.#memberId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType,
      protocols: [{ name: assignorName, metadata }],
    })
    const patience = { channel: 'group', timeoutMs: rebalanceTimeoutMs + joinSlackMs } as const
    const coordinator = await this.#coordinator()
    const joined = await cluster.send(coordinator, 'JoinGroup', request(), patience)
    if (joined.errorCode !== kafkaError.MEMBER_ID_REQUIRED) {
      checkAnswer(joined.errorCode)
      return joined
    }
    // A new member gets its id first, so that a lost answer leaves no member behind that nobody is (KIP-394).
    this.#memberId = joined.memberId
    const again = await cluster.send(coordinator, 'JoinGroup', request(), patience)
    checkAnswer(again.errorCode)
    return again
  }

  async #assign(joined: JoinedGroup): Promise<{ memberId: string; assignment: Buffer }[]> {
    const { cluster, consumer } = this.#options
    const members = joined.members.map(({ memberId, metadata }) => ({ memberId, ...decodeSubscription(metadata) }))
    const topics = [...new Set(members.flatMap((member) => member.topics))].toSorted()
    await cluster.refresh()
    await cluster.addTopics(topics)
    const wanted = new Map(topics.map((topic) => [topic, cluster.partitionCount(topic) ?? 0]))
    const assignment = consumer.assignor(members, wanted)
    const places = members.map(({ memberId, userData }) => ({
      memberId,
      address: decodeAddress(userData),
      partitions: assignment.get(memberId) ?? [],
    }))
    const userData = encodePlaces(places)
    return places.map(({ memberId, partitions }) => ({
      memberId,
      assignment: encodeAssignment({ partitions, userData }),
    }))
  }

  async #recoverJoin(error: unknown, attempt: number): Promise<void> {
    const { cluster, consumer } = this.#options
    const answer = kafkaErrorOf(error)
    // The next generation began while this one was forming.
    if (answer === 'REBALANCE_IN_PROGRESS') return
    this.#forgetCoordinator()
    if (outErrors.has(answer)) this.#memberId = ''
    else if (!isRetriable(error)) throw cluster.translate(error, `join the group ${consumer.groupId}`)
    await sleep(this.#clock, backoff(attempt, cluster.options.random))
  }

  #coordinator(): Promise<number> {
    return this.#options.cluster.coordinatorOf({ groupId: this.#options.consumer.groupId })
  }

  #forgetCoordinator(): void {
    this.#options.cluster.forgetCoordinator({ groupId: this.#options.consumer.groupId })
  }

  #startHeartbeats(): void {
    if (this.#closed) return
    const { consumer } = this.#options
    this.#heartbeat = this.#clock.setTimer(consumer.heartbeatIntervalMs, () => void this.#beat())
  }

  #stopHeartbeats(): void {
    this.#heartbeat?.cancel()
    this.#heartbeat = undefined
  }

  async #beat(): Promise<void> {
    const timer = this.#heartbeat
    try {
      const { groupId } = this.#options.consumer
      const request = { groupId, memberId: this.#memberId, generationId: this.#generation }
      const { errorCode } = await this.#options.cluster.send(await this.#coordinator(), 'Heartbeat', request)
      checkAnswer(errorCode)
    } catch (error) {
      // Stopped meanwhile: the answer is about a generation that is over.
      if (this.#heartbeat === timer) this.#heardError(error)
    }
    if (this.#heartbeat === timer && !this.lost) this.#startHeartbeats()
  }

  #heardError(error: unknown): void {
    const answer = kafkaErrorOf(error)
    if (answer === 'REBALANCE_IN_PROGRESS') this.rebalancing = true
    else if (outErrors.has(answer)) this.lost = true
    else this.#forgetCoordinator()
    if (this.rebalancing || this.lost) this.#options.onChange()
  }

  /** What the group committed; a partition without a committed offset is absent. */
  async committed(partitions: readonly TopicPartition[]): Promise<readonly OffsetOf[]> {
    const { cluster, consumer } = this.#options
    return fetchOffsets(cluster, consumer.groupId, partitions).catch((error: unknown) => {
      this.#forgetCoordinator()
      throw error
    })
  }

  /** @throws TaskMigratedError when the group went on without this member; nothing is committed then */
  async commit(offsets: readonly OffsetOf[]): Promise<void> {
    const { cluster, consumer } = this.#options
    const { random, requestTimeoutMs } = cluster.options
    const deadline = this.#clock.monotonic() + requestTimeoutMs
    const request = this.#commitRequest(offsets)
    for (let attempt = 0; ; attempt++) {
      if (this.lost) throw migrated(consumer.groupId, offsets)
      try {
        return await this.#sendCommit(request)
      } catch (error) {
        this.#commitFailed(error, offsets)
        const wait = backoff(attempt, random)
        if (this.#clock.monotonic() + wait > deadline)
          throw cluster.translate(error, `commit offsets of the group ${consumer.groupId}`)
        await sleep(this.#clock, wait)
      }
    }
  }

  async #sendCommit(request: OffsetCommit): Promise<void> {
    const { topics } = await this.#options.cluster.send(await this.#coordinator(), 'OffsetCommit', request)
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, errorCode } of partitions) {
        if (errorCode !== kafkaError.NONE) throw new AnswerError(errorCode, { topic: name, partition: partitionIndex })
      }
    }
  }

  #commitRequest(offsets: readonly OffsetOf[]): OffsetCommit {
    const topics = [...byTopic(offsets)].map(([name, ofTopic]) => ({
      name,
      partitions: ofTopic.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedMetadata: null,
      })),
    }))
    return {
      groupId: this.#options.consumer.groupId,
      memberId: this.#memberId,
      generationIdOrMemberEpoch: this.#generation,
      topics,
    }
  }

  /** Returns when it is worth another try. */
  #commitFailed(error: unknown, offsets: readonly OffsetOf[]): void {
    const { cluster, consumer } = this.#options
    const answer = kafkaErrorOf(error)
    if (outErrors.has(answer) || answer === 'REBALANCE_IN_PROGRESS') {
      this.lost ||= answer !== 'REBALANCE_IN_PROGRESS'
      this.rebalancing = true
      this.#options.onChange()
      throw migrated(consumer.groupId, offsets, error)
    }
    if (!isRetriable(error)) throw cluster.translate(error, `commit offsets of the group ${consumer.groupId}`)
    this.#forgetCoordinator()
  }

  /** Says goodbye, so that the others need not wait for the session to time out. */
  async leave(): Promise<void> {
    this.#closed = true
    this.#stopHeartbeats()
    if (this.#memberId === '' || this.lost) return
    const { cluster, consumer } = this.#options
    const memberId = this.#memberId
    const { groupId } = consumer
    try {
      await cluster.send(await this.#coordinator(), 'LeaveGroup', (version) =>
        version < 3 ? { groupId, memberId } : { groupId, members: [{ memberId }] },
      )
    } catch (error) {
      // No way to the broker: the session time-out does the same.
      if (!(error instanceof ConnectionError || error instanceof AnswerError)) throw error
    }
  }
}

function migrated(groupId: string, offsets: readonly OffsetOf[], cause?: unknown): TaskMigratedError {
  const facts = { topic: offsets[0]?.topic, partition: offsets[0]?.partition, cause }
  return new TaskMigratedError(`this member is no longer part of the group ${groupId}: nothing was committed`, facts)
}
