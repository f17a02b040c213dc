import fc from 'fast-check'
import { expect, test } from 'vitest'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import { newGroups, TestMember, type TestGroups } from '../../../support/broker-groups.ts'

/** What a client does when it is its turn; who has none for long enough is taken for dead. */
type Step =
  | { readonly kind: 'join' | 'sync' | 'heartbeat' | 'commit' | 'leave' | 'restart'; readonly who: number }
  | { readonly kind: 'wait'; readonly ms: number }

const memberCount = 5

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom('join', 'join', 'sync', 'sync', 'heartbeat', 'commit', 'leave', 'restart'),
      who: fc.nat(memberCount - 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat(15_000) }) },
)

/** Members of one group, some of them static, and what each generation was told. */
class Play {
  readonly groups: TestGroups = newGroups({ config: { groupInitialRebalanceDelayMs: 500 } })
  readonly #members: TestMember[]
  readonly #leaders = new Map<number, Set<string>>()
  readonly #protocols = new Map<number, Set<string>>()
  readonly #waits: Promise<unknown>[] = []
  #steps = 0

  constructor() {
    this.#members = Array.from({ length: memberCount }, (_, i) => this.#newMember(i))
  }

  #newMember(i: number): TestMember {
    return new TestMember(this.groups, {
      rebalanceTimeoutMs: 20_000,
      protocols: i % 2 === 0 ? ['a', 'b'] : ['b', 'a'],
      needsKnownId: i === 1,
      ...(i >= 3 && { instanceId: `static ${i}` }),
    })
  }

  async take(one: Step): Promise<void> {
    this.#steps++
    if (one.kind === 'wait') return this.groups.clock.advance(one.ms)
    const member = this.#members[one.who]!
    if (one.kind === 'join') this.#waits.push(this.#join(member))
    else if (one.kind === 'sync') this.#waits.push(this.#sync(member))
    else if (one.kind === 'heartbeat') this.#checkCurrent(member, member.heartbeat())
    else if (one.kind === 'commit') this.#checkCurrent(member, member.commit(this.#steps))
    else if (one.kind === 'leave' && this.groups.coordinator.get('g') !== undefined) member.leave()
    else if (one.kind === 'restart') this.#members[one.who] = this.#newMember(one.who)
    await Promise.resolve()
  }

  async #join(member: TestMember): Promise<void> {
    const answer = await member.tryJoin({ says: String(this.#steps % 3) })
    if (answer.errorCode === kafkaError.UNKNOWN_MEMBER_ID || answer.errorCode === kafkaError.FENCED_INSTANCE_ID)
      member.id = ''
    if (answer.errorCode !== kafkaError.NONE) return
    const { generationId = -1, leader, protocolName } = answer
    if (answer.members.length > 0) {
      expect(leader).toBe(answer.memberId)
      this.#note(this.#leaders, generationId, leader)
      expect(answer.members.map(({ memberId }) => memberId)).toContain(answer.memberId)
    }
    this.#note(this.#protocols, generationId, protocolName!)
  }

  #note(sets: Map<number, Set<string>>, generation: number, text: string): void {
    sets.set(generation, (sets.get(generation) ?? new Set()).add(text))
  }

  /** Everyone says who assigned, and for which generation: what comes back must be the leader's word for this one. */
  async #sync(member: TestMember): Promise<void> {
    const { generation, id } = member
    const everyone = [...(this.groups.coordinator.get('g')?.members ?? [])].map((one) => one.id)
    const word = `${generation} by ${id}`
    const answer = await member.sync(Object.fromEntries(everyone.map((one) => [one, word])))
    if (answer.errorCode !== kafkaError.NONE || answer.assignment.length === 0) return
    const [said, by] = answer.assignment.toString().split(' by ')
    expect(Number(said)).toBe(generation)
    expect([...(this.#leaders.get(generation) ?? [])]).toContain(by)
  }

  #checkCurrent(member: TestMember, error: string): void {
    if (error !== 'NONE') return
    const group = this.groups.coordinator.get('g')!
    // A group without members takes offsets of who is no member, and of nobody else.
    if (member.generation === -1) return expect(group.state).toBe('Empty')
    expect(group.members.get(member.id)).toBeDefined()
    expect(member.generation).toBe(group.generation)
  }

  /** Nothing may wait for ever. */
  async finish(): Promise<void> {
    await this.groups.clock.settle(Promise.all(this.#waits), 3_600_000)
    for (const protocols of this.#protocols.values()) expect(protocols.size).toBe(1)
    for (const leaders of this.#leaders.values()) expect(leaders.size).toBe(1)
  }
}

test('whatever members do: one leader and one protocol a generation, assignments of its leader alone, and no commit of an old one', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
      const play = new Play()
      for (const one of steps) await play.take(one)
      await play.finish()
    }),
    { numRuns: 200 },
  )
})
