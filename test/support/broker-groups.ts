import { defaultBrokerConfig, type BrokerConfig } from '../../src/broker/broker-config.ts'
import { GroupCoordinator } from '../../src/broker/groups/group-coordinator.ts'
import type { Offset } from '../../src/broker/groups/committed-offsets.ts'
import type { JoinAnswer, SyncAnswer } from '../../src/broker/groups/member.ts'
import { MemoryStorage } from '../../src/broker/log/memory-storage.ts'
import type { Storage } from '../../src/broker/log/storage.ts'
import { Refusal } from '../../src/broker/refusal.ts'
import { seededRandom } from '../../src/core/random.ts'
import { kafkaError, type KafkaErrorName } from '../../src/protocol/kafka-error.ts'
import { messages, type RequestOf } from '../../src/protocol/messages/messages.ts'
import { withDefaults } from '../../src/broker/server/with-defaults.ts'
import { SimulatedClock } from './simulated-clock.ts'

export function errorName(errorCode: number): KafkaErrorName {
  return (Object.keys(kafkaError) as KafkaErrorName[]).find((name) => kafkaError[name] === errorCode)!
}

/** `NONE`, or what it was refused with. */
export function errorOf(run: () => void): KafkaErrorName {
  try {
    run()
    return 'NONE'
  } catch (error) {
    if (error instanceof Refusal) return errorName(error.errorCode)
    throw error
  }
}

export interface GroupsOptions {
  readonly clock?: SimulatedClock
  readonly storage?: Storage
  readonly config?: Partial<BrokerConfig>
}

export interface TestGroups {
  readonly clock: SimulatedClock
  readonly storage: Storage
  readonly coordinator: GroupCoordinator
}

export function newGroups(options: GroupsOptions = {}): TestGroups {
  const { clock = new SimulatedClock(), storage = new MemoryStorage() } = options
  const config = { ...defaultBrokerConfig, ...options.config }
  return { clock, storage, coordinator: new GroupCoordinator({ clock, storage, random: seededRandom(1), config }) }
}

interface JoinOptions {
  readonly sessionTimeoutMs?: number
  readonly rebalanceTimeoutMs?: number
  /** By name; metadata is the name with this behind it. */
  readonly protocols?: readonly string[]
  readonly protocolType?: string
  readonly says?: string
  readonly needsKnownId?: boolean
}

/** Speaks for one member of the group `g`. What is refused is an answer, as it is for clients. */
export class TestMember {
  id = ''
  generation = -1
  readonly instanceId: string | null
  readonly #groups: TestGroups
  readonly #options: JoinOptions

  constructor(groups: TestGroups, options: JoinOptions & { readonly instanceId?: string } = {}) {
    this.#groups = groups
    this.#options = options
    this.instanceId = options.instanceId ?? null
  }

  /** Asks once. */
  async tryJoin(more: JoinOptions = {}): Promise<JoinAnswer> {
    const options = { ...this.#options, ...more }
    const request: RequestOf<'JoinGroup'> = {
      groupId: 'g',
      sessionTimeoutMs: options.sessionTimeoutMs ?? 10_000,
      rebalanceTimeoutMs: options.rebalanceTimeoutMs ?? 60_000,
      memberId: this.id,
      groupInstanceId: this.instanceId,
      protocolType: options.protocolType ?? 'consumer',
      protocols: (options.protocols ?? ['range']).map((name) => ({
        name,
        metadata: Buffer.from(`${name} ${options.says ?? ''}`),
      })),
      reason: null,
    }
    const { needsKnownId = false } = options
    const answer = await this.#groups.coordinator
      .join({ request, clientId: 'client', clientHost: '/test', needsKnownId })
      .catch((error: unknown) => failed<JoinAnswer>(error))
    if (answer.errorCode === kafkaError.NONE) this.generation = answer.generationId!
    if (answer.errorCode === kafkaError.NONE || answer.errorCode === kafkaError.MEMBER_ID_REQUIRED)
      this.id = answer.memberId
    return answer
  }

  /** Asks for the assignment; `assignments` by id are those of a leader. */
  sync(
    assignments: Readonly<Record<string, string>> = {},
    more: Partial<RequestOf<'SyncGroup'>> = {},
  ): Promise<SyncAnswer> {
    const request = withDefaults(messages.SyncGroup.request, {
      groupId: 'g',
      generationId: this.generation,
      memberId: this.id,
      groupInstanceId: this.instanceId,
      assignments: Object.entries(assignments).map(([memberId, text]) => ({ memberId, assignment: Buffer.from(text) })),
      ...more,
    }) as unknown as RequestOf<'SyncGroup'>
    return this.#groups.coordinator.sync(request).catch((error: unknown) => failed<SyncAnswer>(error))
  }

  heartbeat(): KafkaErrorName {
    const { id: memberId, generation: generationId, instanceId: groupInstanceId } = this
    return errorOf(() => this.#groups.coordinator.heartbeat({ groupId: 'g', memberId, generationId, groupInstanceId }))
  }

  commit(offset: number): KafkaErrorName {
    const { id: memberId, generation, instanceId: groupInstanceId } = this
    return errorOf(() =>
      this.#groups.coordinator.commit({ groupId: 'g', memberId, generation, groupInstanceId }, [offsetAt(offset)]),
    )
  }

  leave(): KafkaErrorName {
    const codes = this.#groups.coordinator.leave('g', [{ memberId: this.id, groupInstanceId: this.instanceId }])
    return errorName(codes[0]!)
  }
}

export function offsetAt(offset: number, partition = 0): Offset {
  return { topic: 't', partition, offset, leaderEpoch: -1, metadata: '' }
}

function failed<T>(error: unknown): T {
  if (error instanceof Refusal) return { errorCode: error.errorCode } as T
  throw error
}

/** All of them join at once, the first as the leader, and each gets its own id as assignment. */
export async function formGroup(groups: TestGroups, members: readonly TestMember[]): Promise<void> {
  const { clock } = groups
  await clock.settle(Promise.all(members.map((member) => member.tryJoin())))
  const leader = groups.coordinator.get('g')!.members.leaderId
  const assignments = Object.fromEntries(members.map(({ id }) => [id, `for ${id}`]))
  await clock.settle(Promise.all(members.map((member) => member.sync(member.id === leader ? assignments : {}))))
}

/** Heartbeats of these every two seconds, until it is stopped. */
export function keepBeating({ clock }: TestGroups, members: readonly TestMember[]): { stop(): void } {
  let timer = clock.setTimer(2_000, beat)
  function beat(): void {
    for (const member of members) member.heartbeat()
    timer = clock.setTimer(2_000, beat)
  }
  return { stop: () => timer.cancel() }
}
