/* The groups of the broker: who is in them, and what they have committed. Refusals are thrown, and then nothing has changed. */
import type { Clock } from '../../core/clock.ts'
import { StateError } from '../../core/errors.ts'
import type { Random } from '../../core/random.ts'
import type { RequestOf } from '../../protocol/messages/messages.ts'
import type { BrokerConfig } from '../broker-config.ts'
import type { Storage } from '../log/storage.ts'
import { randomId } from '../random-id.ts'
import { Refusal } from '../refusal.ts'
import { checkCommit, type Committer } from './check-commit.ts'
import type { Offset, OrderedOffset, Partition } from './committed-offsets.ts'
import { isSubscribedTo } from './consumer-subscription.ts'
import { Group } from './group.ts'
import type { GroupContext } from './group-context.ts'
import { generationOf, GroupJournal, memberFrom, type GroupChange } from './group-journal.ts'
import { deletionError, heartbeatError } from './group-state.ts'
import { joinGroup, type Joining } from './join-group.ts'
import { leaveGroup, type Leaving } from './leave-group.ts'
import type { JoinAnswer, SyncAnswer } from './member.ts'
import { syncGroup } from './sync-group.ts'

export interface GroupCoordinatorOptions {
  readonly storage: Storage
  readonly clock: Clock
  readonly random: Random
  readonly config: BrokerConfig
}

export class GroupCoordinator {
  readonly #options: GroupCoordinatorOptions
  readonly #context: GroupContext
  readonly #groups = new Map<string, Group>()
  readonly #journal: GroupJournal
  #order = 0

  /** Takes up what the storage has; members of then have their sessions to be heard of. */
  constructor(options: GroupCoordinatorOptions) {
    const { clock, random, storage, config } = options
    this.#options = options
    this.#context = {
      clock,
      initialRebalanceDelayMs: config.groupInitialRebalanceDelayMs,
      membersMax: config.limits.groupMembersMax,
      newMemberId: (prefix) => `${prefix}-${randomId(random)}`,
      keep: (group) => this.#keep(group),
    }
    this.#journal = new GroupJournal(storage, {
      groups: () => this.#groups.values(),
      apply: (change) => this.#apply(change),
    })
    for (const group of this.#groups.values()) for (const member of group.members) group.keepAlive(member)
  }

  #apply(change: GroupChange): void {
    if (change.kind === 'delete') return void this.#groups.delete(change.group)
    const group = this.#groups.get(change.group) ?? this.#add(change.group)
    switch (change.kind) {
      case 'generation':
        return group.restore(change.kept, change.members.map(memberFrom))
      case 'commit':
        this.#order = Math.max(this.#order, ...change.offsets.map(({ order }) => order + 1))
        return group.offsets.commit(change.offsets)
      case 'stage':
        this.#order = Math.max(this.#order, ...change.offsets.map(({ order }) => order + 1))
        return group.offsets.stage(change.producerId, change.offsets)
      case 'end':
        return group.offsets.endTransaction(change.producerId, change.committed)
      case 'forget':
        return group.offsets.forget(change.partitions)
    }
  }

  /** A change of offsets, here and in the journal: its snapshot has to know it. @throws StateError */
  #make(...changes: readonly GroupChange[]): void {
    for (const change of changes) this.#apply(change)
    this.#journal.append(...changes)
  }

  /** What cannot be kept costs members a rebalance after a restart, and nothing else. */
  #keep(group: Group): void {
    try {
      this.#journal.append(generationOf(group))
    } catch (error) {
      if (!(error instanceof StateError)) throw error
      this.#options.storage.report({ path: 'groups.log', keptBytes: 0, droppedBytes: 0, reason: error.message })
    }
  }

  #add(groupId: string): Group {
    const group = new Group(groupId, this.#context)
    this.#groups.set(groupId, group)
    return group
  }

  #getOrAdd(groupId: string): Group {
    const { groupsMax } = this.#options.config.limits
    const group = this.#groups.get(groupId)
    if (group === undefined && this.#groups.size >= groupsMax)
      throw new Refusal('GROUP_MAX_SIZE_REACHED', `there are ${groupsMax} groups, and no more are allowed`)
    return group ?? this.#add(groupId)
  }

  /** @throws Refusal */
  #existing(groupId: string, error: 'UNKNOWN_MEMBER_ID' | 'ILLEGAL_GENERATION' | 'GROUP_ID_NOT_FOUND'): Group {
    const group = this.#groups.get(groupId)
    if (group === undefined) throw new Refusal(error, `there is no group ${groupId}`)
    return group
  }

  get all(): readonly Group[] {
    return [...this.#groups.values()]
  }

  get(groupId: string): Group | undefined {
    return this.#groups.get(groupId)
  }

  /** Resolves when the generation is there, or the join has failed. @throws Refusal */
  async join(joining: Joining): Promise<JoinAnswer> {
    const { groupId, memberId, sessionTimeoutMs } = joining.request
    const { groupSessionTimeoutMinMs: min, groupSessionTimeoutMaxMs: max } = this.#options.config
    checkGroupId(groupId)
    if (sessionTimeoutMs < min || sessionTimeoutMs > max)
      throw new Refusal(
        'INVALID_SESSION_TIMEOUT',
        `a session of ${sessionTimeoutMs} ms is not from ${min} to ${max} ms`,
      )
    const group = memberId === '' ? this.#getOrAdd(groupId) : this.#existing(groupId, 'UNKNOWN_MEMBER_ID')
    return new Promise((resolve) => joinGroup(group, joining, resolve))
  }

  /** Resolves when the leader has assigned. @throws Refusal */
  async sync(request: RequestOf<'SyncGroup'>): Promise<SyncAnswer> {
    checkGroupId(request.groupId)
    const group = this.#existing(request.groupId, 'UNKNOWN_MEMBER_ID')
    return new Promise((resolve) => syncGroup(group, request, resolve))
  }

  /** @throws Refusal */
  heartbeat({ groupId, memberId, groupInstanceId, generationId }: RequestOf<'Heartbeat'>): void {
    checkGroupId(groupId)
    const group = this.#existing(groupId, 'UNKNOWN_MEMBER_ID')
    const member = group.currentMember(memberId, groupInstanceId, generationId)
    const error = heartbeatError[group.state]
    if (error === 'NONE' || error === 'REBALANCE_IN_PROGRESS') group.keepAlive(member)
    if (error !== 'NONE') throw new Refusal(error, `group ${groupId} is ${group.state}`)
  }

  /** Returns an error code for each. @throws Refusal */
  leave(groupId: string, leaving: readonly Leaving[]): number[] {
    checkGroupId(groupId)
    return leaveGroup(this.#existing(groupId, 'UNKNOWN_MEMBER_ID'), leaving)
  }

  /** @throws Refusal */
  commit(committer: Committer, offsets: readonly Offset[]): void {
    const group = this.#groupToCommit(committer, false)
    this.#make({ kind: 'commit', group: group.id, offsets: this.#ordered(offsets) })
  }

  /** Offsets that become visible when the transaction of this producer commits. @throws Refusal */
  stage(producerId: number, committer: Committer, offsets: readonly Offset[]): void {
    const group = this.#groupToCommit(committer, true)
    this.#make({ kind: 'stage', group: group.id, producerId, offsets: this.#ordered(offsets) })
  }

  #groupToCommit(committer: Committer, transactional: boolean): Group {
    const { groupId, generation } = committer
    // Who is in no group may commit in the name of one that there is none of: a simple consumer.
    const group = generation < 0 ? this.#getOrAdd(groupId) : this.#existing(groupId, 'ILLEGAL_GENERATION')
    checkCommit(group, committer, transactional)
    return group
  }

  #ordered(offsets: readonly Offset[]): OrderedOffset[] {
    return offsets.map((offset) => ({ ...offset, order: this.#order++ }))
  }

  endTransaction(producerId: number, groupIds: Iterable<string>, committed: boolean): void {
    const known = [...groupIds].filter((groupId) => this.#groups.has(groupId))
    this.#make(...known.map((group): GroupChange => ({ kind: 'end', group, producerId, committed })))
  }

  /** Which of the partitions have their offsets kept because the group reads their topic. @throws Refusal */
  forgetOffsets(groupId: string, partitions: readonly Partition[]): readonly Partition[] {
    const group = this.#existing(groupId, 'GROUP_ID_NOT_FOUND')
    if (group.state !== 'Empty' && group.protocolType !== 'consumer')
      throw new Refusal('NON_EMPTY_GROUP', `group ${groupId} has members`)
    const subscribed = partitions.filter(({ topic }) => isSubscribedTo(group, topic))
    const forgotten = partitions.filter((partition) => !subscribed.includes(partition))
    this.#make({ kind: 'forget', group: groupId, partitions: forgotten })
    return subscribed
  }

  /** What was committed of a topic that is gone would be taken for one of the next topic of that name. */
  forgetTopic(name: string): void {
    const changes = this.all.flatMap((group): GroupChange[] => {
      const partitions = group.offsets.partitionsOf(name)
      return partitions.length === 0 ? [] : [{ kind: 'forget', group: group.id, partitions }]
    })
    this.#make(...changes)
  }

  /** @throws Refusal unless it is empty */
  delete(groupId: string): void {
    const group = this.#existing(groupId, 'GROUP_ID_NOT_FOUND')
    const error = deletionError[group.state]
    if (error !== 'NONE') throw new Refusal(error, `group ${groupId} is ${group.state}`)
    group.delete()
    this.#make({ kind: 'delete', group: groupId })
  }

  /** Nothing happens by itself any more. */
  close(): void {
    for (const group of this.all) group.stop()
    this.#journal.close()
  }
}

function checkGroupId(groupId: string): void {
  if (groupId === '') throw new Refusal('INVALID_GROUP_ID', 'a group needs an id that is not empty')
}
