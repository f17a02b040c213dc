/*
 * A group of the classic protocol (KIP-62 and before, KIP-345, KIP-394): its state and its rebalance. What members ask for stands in
 * `join-group.ts`, `sync-group.ts` and `leave-group.ts`. The rules are those of Kafka 4.1's GroupMetadataManager.
 */
import type { Timer } from '../../core/clock.ts'
import { kafkaError, type KafkaErrorName } from '../../protocol/kafka-error.ts'
import { Refusal } from '../refusal.ts'
import { CommittedOffsets } from './committed-offsets.ts'
import type { GroupContext } from './group-context.ts'
import { canRebalance, nextState, type GroupEvent, type GroupState } from './group-state.ts'
import type { JoinAnswer, Member, SyncAnswer } from './member.ts'
import { Members } from './members.ts'
import { PendingMembers } from './pending-members.ts'

/** Kafka's: a new member that waits may have lost its connection, and tries again under another id. */
const newMemberTimeoutMs = 300_000

const nothing = Buffer.alloc(0)

/** What a kept group was. */
export interface KeptGeneration {
  readonly generation: number
  readonly protocolType: string | null
  readonly protocolName: string | null
  readonly leaderId: string | null
}

export class Group {
  readonly id: string
  readonly context: GroupContext
  readonly members: Members = new Members()
  readonly pending: PendingMembers
  readonly offsets: CommittedOffsets = new CommittedOffsets()
  #state: GroupState = 'Empty'
  #generation = 0
  #protocolType: string | null = null
  #protocolName: string | null = null
  /** The rebalance began with nobody: more members may be about to come, and the delay alone ends it. */
  #isInitial = false
  #hasNewMember = false
  readonly #unsynced = new Set<string>()
  #joinTimer: Timer | undefined
  #syncTimer: Timer | undefined

  constructor(id: string, context: GroupContext) {
    this.id = id
    this.context = context
    this.pending = new PendingMembers(context.clock, () => this.completeJoinIfAll())
  }

  get state(): GroupState {
    return this.#state
  }

  get generation(): number {
    return this.#generation
  }

  /** Null while it has had no members; else as the first one said: `consumer`, or that of another use, as Kafka Connect's. */
  get protocolType(): string | null {
    return this.#protocolType
  }

  get protocolName(): string | null {
    return this.#protocolName
  }

  #change(event: GroupEvent): void {
    this.#state = nextState(this.#state, event)
  }

  /** As it was before a restart: members have their sessions to be heard of again. */
  restore({ generation, protocolType, protocolName, leaderId }: KeptGeneration, members: readonly Member[]): void {
    this.#generation = generation
    this.#protocolType = protocolType
    this.#protocolName = protocolName
    for (const member of this.members) this.members.remove(member)
    for (const member of members) this.members.add(member)
    if (leaderId !== null) this.members.lead(leaderId)
    this.#state = members.length === 0 ? 'Empty' : 'Stable'
  }

  /** Ends all that may still happen. @throws Refusal unless it is empty */
  delete(): void {
    this.#change('deleted')
    this.stop()
  }

  /** Cancels its timers: nothing happens by itself any more. */
  stop(): void {
    this.#joinTimer?.cancel()
    this.#syncTimer?.cancel()
    this.pending.clear()
    for (const member of this.members) member.endSession()
  }

  /** Whether this member is of the group. @throws Refusal UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID */
  memberOf(memberId: string, instanceId: string | null): Member {
    if (instanceId !== null) {
      const current = this.members.idOfInstance(instanceId)
      if (current === undefined) throw this.#refusal('UNKNOWN_MEMBER_ID', `there is no static member ${instanceId}`)
      if (current !== memberId)
        throw this.#refusal('FENCED_INSTANCE_ID', `the static member ${instanceId} has come back under another id`)
    }
    const member = this.members.get(memberId)
    if (member === undefined) throw this.#refusal('UNKNOWN_MEMBER_ID', `there is no member ${memberId}`)
    return member
  }

  /** Also of this generation. @throws Refusal ILLEGAL_GENERATION and those of `memberOf` */
  currentMember(memberId: string, instanceId: string | null, generation: number): Member {
    const member = this.memberOf(memberId, instanceId)
    if (generation !== this.#generation)
      throw this.#refusal('ILLEGAL_GENERATION', `generation ${generation} is not ${this.#generation}`)
    return member
  }

  #refusal(error: KafkaErrorName, what: string): Refusal {
    return new Refusal(error, `group ${this.id}: ${what}`)
  }

  /** A member that is not in the group yet; its join waits. */
  add(member: Member, protocolType: string): void {
    if (this.members.size === 0) this.#protocolType = protocolType
    if (this.#state === 'PreparingRebalance' && this.#isInitial) this.#hasNewMember = true
    this.members.add(member)
    this.keepAlive(member, newMemberTimeoutMs)
  }

  keepAlive(member: Member, timeoutMs: number = member.terms.sessionTimeoutMs): void {
    member.keepAlive(this.context.clock, timeoutMs, () => {
      this.remove(member)
      this.rebalanceAfterRemoval()
    })
  }

  /** Its requests that wait are told that it is no member; `rebalanceAfterRemoval` is to follow. */
  remove(member: Member): void {
    this.#forget(member, kafkaError.UNKNOWN_MEMBER_ID)
    this.members.remove(member)
  }

  #forget(member: Member, errorCode: number): void {
    member.endSession()
    member.answerJoin(failedJoin(errorCode))
    member.answerSync(failedSync(errorCode))
    this.#unsynced.delete(member.id)
  }

  /** A static member came back: who uses the old id is fenced. */
  replace(old: Member, next: Member): void {
    if (this.#unsynced.has(old.id)) this.#unsynced.add(next.id)
    this.#forget(old, kafkaError.FENCED_INSTANCE_ID)
    this.members.replace(old, next)
  }

  rebalanceAfterRemoval(): void {
    if (this.#state === 'Stable' || this.#state === 'CompletingRebalance') this.rebalance()
    else this.completeJoinIfAll()
  }

  /** Begins a rebalance, unless one has begun: all members have to join, and hear it at their next heartbeat. */
  rebalance(): void {
    if (!canRebalance(this.#state)) return
    if (this.#state === 'CompletingRebalance') this.#giveUpAssignment()
    this.#syncTimer?.cancel()
    this.#isInitial = this.#state === 'Empty'
    this.#change('rebalance')
    const { initialRebalanceDelayMs: delayMs } = this.context
    if (this.#isInitial) this.#awaitMore(delayMs, Math.max(this.members.rebalanceTimeoutMs - delayMs, 0))
    else this.#completeJoinOrWait()
  }

  #giveUpAssignment(): void {
    for (const member of this.members) {
      member.assignment = nothing
      member.answerSync(failedSync(kafkaError.REBALANCE_IN_PROGRESS))
    }
  }

  /** As long as members come to a new group, it waits on, up to the rebalance timeout (KIP-134). */
  #awaitMore(delayMs: number, remainingMs: number): void {
    this.#hasNewMember = false
    this.#joinTimer = this.context.clock.setTimer(delayMs, () => {
      if (!this.#hasNewMember || remainingMs === 0) return this.#completeJoin()
      const nextMs = Math.min(this.context.initialRebalanceDelayMs, remainingMs)
      this.#awaitMore(nextMs, remainingMs - nextMs)
    })
  }

  get #haveAllJoined(): boolean {
    return this.pending.size === 0 && this.members.awaitingJoinCount === this.members.size
  }

  #completeJoinOrWait(): void {
    if (this.#haveAllJoined) this.#completeJoin()
    else this.#completeJoinAfterTimeout()
  }

  #completeJoinAfterTimeout(): void {
    this.#joinTimer = this.context.clock.setTimer(this.members.rebalanceTimeoutMs, () => this.#completeJoin())
  }

  /** To be called when somebody has joined or gone. */
  completeJoinIfAll(): void {
    if (this.#state === 'PreparingRebalance' && !this.#isInitial && this.#haveAllJoined) this.#completeJoin()
  }

  #completeJoin(): void {
    this.#joinTimer?.cancel()
    for (const member of this.members)
      if (!member.isAwaitingJoin && member.identity.instanceId === null) this.remove(member)
    // Static members may be away: until one is there to lead, or their sessions end.
    if (this.members.size > 0 && !this.members.electJoinedLeader()) return this.#completeJoinAfterTimeout()
    this.#generation++
    this.#isInitial = false
    this.#unsynced.clear()
    this.#protocolName = this.members.electProtocol() ?? null
    if (this.members.size === 0) {
      this.#change('emptied')
      this.context.keep(this)
    } else this.#beginSync()
  }

  #beginSync(): void {
    this.#change('joined')
    for (const member of this.members) {
      this.#unsynced.add(member.id)
      member.isNew = false
      this.keepAlive(member)
      member.answerJoin(this.joined(member))
    }
    this.#syncTimer = this.context.clock.setTimer(this.members.rebalanceTimeoutMs, () => this.#expireSync())
  }

  /** What a member of the generation hears; the leader also what it needs to assign. */
  joined(member: Member, leader: string = this.members.leaderId!): JoinAnswer {
    const members = leader === member.id ? [...this.members] : []
    return {
      errorCode: kafkaError.NONE,
      generationId: this.#generation,
      protocolType: this.#protocolType,
      protocolName: this.#protocolName,
      leader,
      memberId: member.id,
      members: members.map((one) => ({
        memberId: one.id,
        groupInstanceId: one.identity.instanceId,
        metadata: one.metadataFor(this.#protocolName ?? ''),
      })),
    }
  }

  /** It has asked for its assignment, and lives. */
  synced({ id }: Member): void {
    this.#unsynced.delete(id)
    if (this.#unsynced.size === 0) this.#syncTimer?.cancel()
  }

  /** Who has joined and does not come for its assignment would own partitions and not know it. */
  #expireSync(): void {
    if (this.#unsynced.size === 0) return
    for (const id of this.#unsynced) {
      const member = this.members.get(id)
      if (member !== undefined) this.remove(member)
    }
    this.rebalanceAfterRemoval()
  }

  /** The leader's word: members without an assignment get an empty one. */
  assign(assignments: ReadonlyMap<string, Buffer>): void {
    this.#change('assigned')
    for (const member of this.members) member.assignment = assignments.get(member.id) ?? nothing
    this.context.keep(this)
    for (const member of this.members) {
      if (!member.isAwaitingSync) continue
      this.keepAlive(member)
      member.answerSync(this.assigned(member))
    }
  }

  assigned({ assignment }: Member): SyncAnswer {
    const [protocolType, protocolName] = [this.#protocolType, this.#protocolName]
    return { errorCode: kafkaError.NONE, protocolType, protocolName, assignment }
  }
}

export function failedJoin(errorCode: number, memberId = ''): JoinAnswer {
  return { errorCode, generationId: -1, protocolType: null, protocolName: null, leader: '', memberId, members: [] }
}

export function failedSync(errorCode: number): SyncAnswer {
  return { errorCode, protocolType: null, protocolName: null, assignment: nothing }
}
