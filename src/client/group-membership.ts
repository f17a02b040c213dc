/*
 * One member of a consumer group (the classic protocol, cooperative: KIP-429): joining, heartbeats, commits, leaving.
 *
 *   out -> joining -> member -> (told of a rebalance: `rebalancing`) -> joining ...
 *                            -> (told that it is out: `lost`)        -> joining as a new member
 *
 * Joining takes nothing away: what the member owns it owns until it has read its new assignment. Heartbeats run on a timer while
 * it is a member, whatever its user does: a long restore or a slow record must not cost the partitions (kafkajs #387). They
 * stop while a JoinGroup is under way, as the broker then counts that as a sign of life.
 */
import { sleep, type Clock, type Timer } from '../core/clock.ts'
import type { BrokerError } from '../core/errors.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import { encodeAddress } from '../runtime/member-places.ts'
import type { ConsumerOptions } from '../runtime/port.ts'
import { kafkaError, type KafkaErrorName } from '../protocol/kafka-error.ts'
import type { ResponseOf } from '../protocol/messages/messages.ts'
import { backoff } from './backoff.ts'
import { checkAnswer, isRetriable, kafkaErrorOf } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import { assignGroup } from './assign-group.ts'
import { instanceFenced, notAMember, strangersIn } from './group-errors.ts'
import { Heartbeats } from './heartbeats.ts'
import { decodeAssignment, encodeSubscription, type Assignment } from './group-protocol.ts'
import { leaveGroup } from './leave-group.ts'
import type { Position } from './leader-epochs.ts'
import { commitOffsets, noMember, type MemberIdentity } from './offset-commit.ts'

/**
 * Says how members rebalance, not only who assigns: the broker refuses a member that knows no protocol of the group's, so an eager
 * member (of a version before this name) never shares a group with cooperative ones (ADR 0024).
 */
const protocolName = 'millrace-cooperative'
const protocolType = 'consumer'
/** On top of the time for which the broker may hold a JoinGroup. */
const joinSlackMs = 5_000

type JoinedGroup = ResponseOf<'JoinGroup'>

/** The broker does not know this member in this generation (any more). */
const outErrors: ReadonlySet<KafkaErrorName | undefined> = new Set(['ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])

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
  member: MemberIdentity
  readonly #heartbeats: Heartbeats
  /** The leader looks after what it has withheld. */
  #followUp: Timer | undefined
  #joining: Promise<Assignment | undefined> | undefined
  #closed = false
  #whyLost: string | undefined
  #fenced: BrokerError | undefined
  /** The group forms anew, or should: `join` is due. */
  rebalancing = false
  /** Nothing that was assigned belongs to this member any more. */
  lost = false

  constructor(options: MembershipOptions) {
    this.#options = options
    this.#clock = options.cluster.options.clock
    this.member = noMember(options.consumer)
    this.#heartbeats = new Heartbeats({
      cluster: options.cluster,
      intervalMs: options.consumer.heartbeatIntervalMs,
      onError: (error) => this.#heardError(error),
    })
  }

  /**
   * Resolves with the assignment; tries until it has one, and resolves with nothing when it was closed or is `lost` meanwhile.
   * Rejects when trying again cannot help.
   */
  join(owned: readonly TopicPartition[]): Promise<Assignment | undefined> {
    this.#stopTimers()
    if (this.lost) this.#forgetMember()
    this.lost = false
    this.#joining = this.#join(owned).finally(() => (this.#joining = undefined))
    return this.#joining
  }

  async #join(owned: readonly TopicPartition[]): Promise<Assignment | undefined> {
    for (let attempt = 0; !this.#closed && !this.lost; attempt++) {
      this.rebalancing = false
      try {
        if (this.#fenced !== undefined) throw this.#fenced
        const assignment = await this.#joinOnce(owned)
        if (!this.#closed) this.#heartbeats.start(this.member)
        return assignment
      } catch (error) {
        if (!this.#closed) await this.#recoverJoin(error, attempt)
      }
    }
    return undefined
  }

  async #joinOnce(owned: readonly TopicPartition[]): Promise<Assignment> {
    const { cluster, consumer, topics } = this.#options
    const metadata = encodeSubscription({ topics, owned, userData: encodeAddress(consumer.address) })
    const joined = await this.#sendJoin(metadata)
    const { memberId, generationId } = joined
    this.member = { ...this.member, memberId, generationId }
    const request = {
      ...this.member,
      protocolType,
      protocolName,
      assignments: isToAssign(joined) ? await this.#assign(joined) : [],
    }
    // Held by the broker until the leader has assigned.
    const synced = await cluster.send(await this.#coordinator(), 'SyncGroup', request, this.#patience())
    checkAnswer(synced.errorCode)
    return decodeAssignment(synced.assignment)
  }

  async #sendJoin(metadata: Buffer): Promise<JoinedGroup> {
    const { cluster, consumer } = this.#options
    const { sessionTimeoutMs, rebalanceTimeoutMs } = consumer
    const protocols = [{ name: protocolName, metadata }]
    const coordinator = await this.#coordinator()
    const send = (): Promise<JoinedGroup> => {
      const request = { ...this.member, sessionTimeoutMs, rebalanceTimeoutMs, protocolType, protocols }
      return cluster.send(coordinator, 'JoinGroup', request, this.#patience())
    }
    let joined = await send()
    if (joined.errorCode === kafkaError.MEMBER_ID_REQUIRED) {
      // A new member gets its id first, so that a lost answer leaves no member behind that nobody is (KIP-394).
      this.member = { ...this.member, memberId: joined.memberId }
      joined = await send()
    }
    checkAnswer(joined.errorCode)
    return joined
  }

  #patience(): { channel: 'group'; timeoutMs: number } {
    return { channel: 'group', timeoutMs: this.#options.consumer.rebalanceTimeoutMs + joinSlackMs }
  }

  async #assign({ members }: JoinedGroup): Promise<readonly { memberId: string; assignment: Buffer }[]> {
    const { cluster, consumer } = this.#options
    const { assignments, withheld } = await assignGroup(cluster, consumer.assignor, members)
    // Whoever has to let go joins again. A static member that restarts instead comes back without, and tells nobody.
    this.#followUp?.cancel()
    if (withheld && !this.#closed)
      this.#followUp = this.#clock.setTimer(consumer.sessionTimeoutMs, () => this.requestRejoin())
    return assignments
  }

  /** Returns when it is worth another try, or with `lost`. */
  async #recoverJoin(error: unknown, attempt: number): Promise<void> {
    const { cluster, consumer } = this.#options
    const answer = kafkaErrorOf(error)
    // The next generation began while this one was forming.
    if (answer === 'REBALANCE_IN_PROGRESS') return
    if (answer === 'FENCED_INSTANCE_ID') throw this.#fencedBy(error)
    this.#forgetCoordinator()
    if (outErrors.has(answer)) this.lost = true
    else if (answer === 'INCONSISTENT_GROUP_PROTOCOL') throw strangersIn(consumer.groupId, error)
    else if (!isRetriable(error)) throw cluster.translate(error, `join the group ${consumer.groupId}`)
    await sleep(this.#clock, backoff(attempt, cluster.options.random))
  }

  /** The others must hear that something changed here: `join` is due. */
  requestRejoin(): void {
    this.rebalancing = true
    this.#options.onChange()
  }

  #coordinator(): Promise<number> {
    return this.#options.cluster.coordinatorOf({ groupId: this.member.groupId })
  }

  #forgetCoordinator(): void {
    this.#options.cluster.forgetCoordinator({ groupId: this.member.groupId })
  }

  #forgetMember(): void {
    this.member = { ...this.member, memberId: '', generationId: -1 }
    this.#whyLost = undefined
  }

  #stopTimers(): void {
    this.#heartbeats.stop()
    this.#followUp?.cancel()
  }

  #heardError(error: unknown): void {
    const answer = kafkaErrorOf(error)
    if (answer === 'REBALANCE_IN_PROGRESS') this.requestRejoin()
    else if (answer === 'FENCED_INSTANCE_ID') this.#fencedBy(error)
    else if (outErrors.has(answer)) this.#lose()
    else this.#forgetCoordinator()
  }

  #lose(): void {
    this.lost = true
    this.#heartbeats.stop()
    this.#options.onChange()
  }

  /** Coming back would fence the other one in turn, without end: this one is done. */
  #fencedBy(cause: unknown): BrokerError {
    this.#fenced ??= instanceFenced(this.member, cause)
    this.#lose()
    return this.#fenced
  }

  /**
   * @throws TaskMigratedError when the group went on without this member; nothing is committed then
   * @throws BrokerError `MILLRACE_INSTANCE_FENCED`
   */
  async commit(offsets: readonly Position[]): Promise<void> {
    const { cluster } = this.#options
    const { random, requestTimeoutMs } = cluster.options
    const deadline = this.#clock.monotonic() + requestTimeoutMs
    for (let attempt = 0; ; attempt++) {
      if (this.lost) throw this.#fenced ?? notAMember(this.member, offsets, { why: this.#whyLost })
      const member = this.member
      try {
        return await commitOffsets(cluster, member, offsets)
      } catch (error) {
        const wait = backoff(attempt, random)
        if (this.#isBetweenGenerations(error, member)) {
          await this.#joined(wait)
          continue
        }
        this.#commitFailed(error, offsets)
        if (this.#clock.monotonic() + wait > deadline) throw this.#notCommitted(error)
        await sleep(this.#clock, wait)
      }
    }
  }

  /** What the member owns it may commit, but not before it is known in the generation that has begun. */
  #isBetweenGenerations(error: unknown, { generationId }: MemberIdentity): boolean {
    const answer = kafkaErrorOf(error)
    if (answer !== 'REBALANCE_IN_PROGRESS' && answer !== 'ILLEGAL_GENERATION') return false
    return this.#joining !== undefined || generationId !== this.member.generationId
  }

  /** Until the join under way has ended, but no longer than `ms`. */
  async #joined(ms: number): Promise<void> {
    const done = new AbortController()
    const end = (): void => done.abort()
    this.#joining?.then(end, end)
    await sleep(this.#clock, ms, done.signal)
  }

  #notCommitted(error: unknown): Error {
    const { cluster, consumer } = this.#options
    return cluster.translate(error, `commit offsets of the group ${consumer.groupId}`)
  }

  /** Returns when it is worth another try. */
  #commitFailed(error: unknown, offsets: readonly Position[]): void {
    const answer = kafkaErrorOf(error)
    if (answer === 'FENCED_INSTANCE_ID') throw this.#fencedBy(error)
    if (outErrors.has(answer) || answer === 'REBALANCE_IN_PROGRESS') {
      this.#lose()
      throw notAMember(this.member, offsets, { why: this.#whyLost, cause: error })
    }
    if (!isRetriable(error)) throw this.#notCommitted(error)
    this.#forgetCoordinator()
  }

  /** Leaves before its time, so that the others need not wait for this member. */
  async giveUp(why: string): Promise<void> {
    this.#whyLost = why
    this.#stopTimers()
    const goodbye = this.#sayGoodbye()
    this.#lose()
    await goodbye
  }

  async leave(): Promise<void> {
    this.#closed = true
    this.#stopTimers()
    await this.#sayGoodbye()
  }

  /** The others need not wait for the session to time out. A static member is expected back (KIP-345). */
  async #sayGoodbye(): Promise<void> {
    const { memberId, groupInstanceId } = this.member
    if (memberId === '' || this.lost || groupInstanceId !== null) return
    await leaveGroup(this.#options.cluster, this.member)
  }
}

/** A static leader that came back is given the assignment that stands (KIP-814). */
function isToAssign({ leader, memberId, skipAssignment }: JoinedGroup): boolean {
  return leader === memberId && !skipAssignment
}
