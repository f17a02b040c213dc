import { describe, expect, test } from 'vitest'
import { defaultBrokerConfig } from '../../../../src/broker/broker-config.ts'
import { kafkaError } from '../../../../src/protocol/kafka-error.ts'
import {
  errorName,
  formGroup,
  keepBeating,
  newGroups,
  offsetAt,
  TestMember,
  type TestGroups,
} from '../../../support/broker-groups.ts'

const group = (groups: TestGroups) => groups.coordinator.get('g')!
const names = (answers: readonly { readonly errorCode: number }[]) =>
  answers.map(({ errorCode }) => errorName(errorCode))

async function threeMembers(options: ConstructorParameters<typeof TestMember>[1] = {}) {
  const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
  const members = [0, 1, 2].map(() => new TestMember(groups, options)) as [TestMember, TestMember, TestMember]
  await formGroup(groups, members)
  return { groups, clock: groups.clock, members }
}

describe('a group comes together', () => {
  test('those that come within the delay are one generation; the first leads, and only it hears of the others', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const members = [0, 1, 2].map((i) => new TestMember(groups, { says: String(i) }))
    const answers = await groups.clock.settle(Promise.all(members.map((member) => member.tryJoin())))
    expect(answers.map(({ generationId }) => generationId)).toEqual([1, 1, 1])
    expect(answers.map(({ leader }) => leader)).toEqual(members.map(() => members[0]!.id))
    expect(answers.map(({ members: heard }) => heard.length)).toEqual([3, 0, 0])
    expect(answers[0]!.members.map(({ metadata }) => metadata.toString())).toEqual(['range 0', 'range 1', 'range 2'])
    expect(group(groups).state).toBe('CompletingRebalance')
  })

  test('each newcomer prolongs the delay, at most to the rebalance timeout (KIP-134)', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 1_000 } })
    const { clock } = groups
    const join = () => new TestMember(groups, { rebalanceTimeoutMs: 2_500 }).tryJoin()
    const answers = [join()]
    for (let i = 0; i < 4; i++) {
      await clock.advance(600)
      answers.push(join())
    }
    await clock.settle(Promise.all(answers))
    expect(clock.monotonic()).toBe(2_500)
    expect(group(groups).generation).toBe(1)
    expect(group(groups).members.size).toBe(5)
  })

  test('followers wait for the leader; each gets what the leader gave it', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const [a, b] = [new TestMember(groups), new TestMember(groups)]
    await groups.clock.settle(Promise.all([a.tryJoin(), b.tryJoin()]))
    const follower = b.sync()
    expect(group(groups).state).toBe('CompletingRebalance')
    const leader = a.sync({ [a.id]: 'for a', [b.id]: 'for b', stranger: 'x' })
    const answers = await groups.clock.settle(Promise.all([leader, follower]))
    expect(answers.map(({ assignment }) => assignment.toString())).toEqual(['for a', 'for b'])
    expect(group(groups).state).toBe('Stable')
  })

  test('a member that the leader gave nothing gets an empty assignment', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const [a, b] = [new TestMember(groups), new TestMember(groups)]
    await groups.clock.settle(Promise.all([a.tryJoin(), b.tryJoin()]))
    const [, answer] = await groups.clock.settle(Promise.all([a.sync({ [a.id]: 'all' }), b.sync()]))
    expect(answer).toMatchObject({ errorCode: 0, assignment: Buffer.alloc(0) })
  })

  test('a new member gets an id first and is in the group when it comes with it (KIP-394)', async () => {
    const groups = newGroups()
    const member = new TestMember(groups, { needsKnownId: true })
    expect(await member.tryJoin()).toMatchObject({ errorCode: kafkaError.MEMBER_ID_REQUIRED, memberId: member.id })
    expect(group(groups).members.size).toBe(0)
    expect(await groups.clock.settle(member.tryJoin())).toMatchObject({ errorCode: 0, leader: member.id })
  })

  test('a rebalance waits for who has got an id, as long as a session', async () => {
    const { groups, clock, members } = await threeMembers()
    const late = new TestMember(groups, { needsKnownId: true })
    await late.tryJoin()
    const started = clock.monotonic()
    const again = Promise.all(members.map((member) => member.tryJoin({ says: 'new' })))
    await clock.settle(again)
    expect(clock.monotonic() - started).toBe(10_000)
    expect(errorName((await late.tryJoin()).errorCode)).toBe('UNKNOWN_MEMBER_ID')
  })

  test('the protocol that all know and most like best is chosen', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const members = [
      ['a', 'b', 'c'],
      ['b', 'a'],
      ['x', 'b', 'a'],
    ].map((protocols) => new TestMember(groups, { protocols }))
    const answers = await groups.clock.settle(Promise.all(members.map((member) => member.tryJoin())))
    expect(answers.map(({ protocolName }) => protocolName)).toEqual(['b', 'b', 'b'])
  })

  test('who has no protocol in common with the others, or is of another type, is refused', async () => {
    const { groups } = await threeMembers({ protocols: ['range', 'sticky'] })
    const join = (options: ConstructorParameters<typeof TestMember>[1]) => new TestMember(groups, options).tryJoin()
    expect(names([await join({ protocols: ['other'] }), await join({ protocolType: 'connect' })])).toEqual([
      'INCONSISTENT_GROUP_PROTOCOL',
      'INCONSISTENT_GROUP_PROTOCOL',
    ])
    const empty = newGroups()
    expect(names([await new TestMember(empty, { protocols: [] }).tryJoin()])).toEqual(['INCONSISTENT_GROUP_PROTOCOL'])
  })

  test('no group without an id, no session that is too short or too long, no member that nobody knows', async () => {
    const groups = newGroups()
    const join = (options: ConstructorParameters<typeof TestMember>[1]) => new TestMember(groups, options).tryJoin()
    const stranger = new TestMember(groups)
    stranger.id = 'stranger'
    const answers = [
      await join({ sessionTimeoutMs: 5_999 }),
      await join({ sessionTimeoutMs: 1_800_001 }),
      await stranger.tryJoin(),
    ]
    expect(names(answers)).toEqual(['INVALID_SESSION_TIMEOUT', 'INVALID_SESSION_TIMEOUT', 'UNKNOWN_MEMBER_ID'])
    expect(groups.coordinator.all).toEqual([])
  })

  test('a group that is full takes no more', async () => {
    const groups = newGroups({
      config: { groupInitialRebalanceDelayMs: 100, limits: { ...defaultBrokerConfig.limits, groupMembersMax: 2 } },
    })
    const members = [new TestMember(groups), new TestMember(groups)]
    await formGroup(groups, members)
    expect(names([await new TestMember(groups).tryJoin()])).toEqual(['GROUP_MAX_SIZE_REACHED'])
    expect(names([await groups.clock.settle(members[1]!.tryJoin())])).toEqual(['NONE'])
  })
})

describe('members come and go', () => {
  test('a newcomer makes all join again, and hears of it at their heartbeats', async () => {
    const { groups, clock, members } = await threeMembers()
    expect(members.map((member) => member.heartbeat())).toEqual(['NONE', 'NONE', 'NONE'])
    const fourth = new TestMember(groups)
    const joined = fourth.tryJoin()
    expect(members.map((member) => member.heartbeat())).toEqual(members.map(() => 'REBALANCE_IN_PROGRESS'))
    const answers = await clock.settle(Promise.all([...members.map((member) => member.tryJoin()), joined]))
    expect(answers.map(({ generationId }) => generationId)).toEqual([2, 2, 2, 2])
    expect(answers[0]!.members).toHaveLength(4)
  })

  test('who does not join again within the rebalance timeout is out', async () => {
    const { groups, clock, members } = await threeMembers()
    const [a, b, dead] = members
    const heart = keepBeating(groups, [a, b, dead])
    const started = clock.monotonic()
    const joined = Promise.all([a.tryJoin({ says: 'new' }), b.tryJoin()])
    await clock.settle(joined)
    heart.stop()
    expect(clock.monotonic() - started).toBe(60_000)
    expect(group(groups).members.size).toBe(2)
    expect(dead.heartbeat()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('who is not heard of for a session is out, and the others have to join again', async () => {
    const { groups, clock, members } = await threeMembers()
    const [a, b, dead] = members
    await clock.advance(6_000)
    expect([a.heartbeat(), b.heartbeat()]).toEqual(['NONE', 'NONE'])
    await clock.advance(4_001)
    expect([a.heartbeat(), dead.heartbeat()]).toEqual(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'])
    const answers = await clock.settle(Promise.all([a.tryJoin(), b.tryJoin()]))
    expect(answers.map(({ generationId }) => generationId)).toEqual([2, 2])
    expect(group(groups).members.size).toBe(2)
  })

  test('a commit is as good as a heartbeat', async () => {
    const { clock, members } = await threeMembers()
    for (let i = 0; i < 4; i++) {
      await clock.advance(6_000)
      expect(members.map((member) => member.commit(i))).toEqual(['NONE', 'NONE', 'NONE'])
    }
  })

  test('who leaves is out at once, and when nobody is left the group is empty', async () => {
    const { groups, clock, members } = await threeMembers()
    const [a, b, c] = members
    expect(a.leave()).toBe('NONE')
    expect(a.leave()).toBe('UNKNOWN_MEMBER_ID')
    const [first] = await clock.settle(Promise.all([b.tryJoin(), c.tryJoin()]))
    expect(first).toMatchObject({ generationId: 2, leader: b.id })
    expect([b.leave(), c.leave()]).toEqual(['NONE', 'NONE'])
    expect(group(groups)).toMatchObject({ state: 'Empty', generation: 3 })
  })

  test('a member that waits for a generation and is taken out is told so', async () => {
    const { groups, clock, members } = await threeMembers()
    const [a, b] = members
    const waiting = b.tryJoin({ says: 'new' })
    const id = b.id
    groups.coordinator.leave('g', [{ memberId: id, groupInstanceId: null }])
    expect(names([await clock.settle(waiting)])).toEqual(['UNKNOWN_MEMBER_ID'])
    expect(a.heartbeat()).toBe('REBALANCE_IN_PROGRESS')
  })

  test('a leader that dies between join and sync: the others are sent back to join, and one of them leads', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const { clock } = groups
    const [dead, b, c] = [0, 1, 2].map(() => new TestMember(groups, { rebalanceTimeoutMs: 30_000 })) as [
      TestMember,
      TestMember,
      TestMember,
    ]
    await clock.settle(Promise.all([dead.tryJoin(), b.tryJoin(), c.tryJoin()]))
    const answers = await clock.settle(Promise.all([b.sync(), c.sync()]))
    expect(names(answers)).toEqual(['REBALANCE_IN_PROGRESS', 'REBALANCE_IN_PROGRESS'])
    const again = await clock.settle(Promise.all([b.tryJoin(), c.tryJoin()]))
    expect(again.map(({ leader, generationId }) => [leader, generationId])).toEqual([
      [b.id, 2],
      [b.id, 2],
    ])
  })

  test('a leader that keeps its heart beating and never assigns is out after the rebalance timeout', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const { clock } = groups
    const [stuck, b] = [
      new TestMember(groups, { rebalanceTimeoutMs: 30_000 }),
      new TestMember(groups, { rebalanceTimeoutMs: 30_000 }),
    ]
    await clock.settle(Promise.all([stuck.tryJoin(), b.tryJoin()]))
    const heart = keepBeating(groups, [stuck])
    const started = clock.monotonic()
    expect(names([await clock.settle(b.sync())])).toEqual(['REBALANCE_IN_PROGRESS'])
    heart.stop()
    expect(clock.monotonic() - started).toBe(30_000)
    expect(stuck.heartbeat()).toBe('UNKNOWN_MEMBER_ID')
  })

  test('a follower that joins and does not ask for its assignment is out after the rebalance timeout', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const { clock } = groups
    const [a, stuck] = [
      new TestMember(groups, { rebalanceTimeoutMs: 30_000 }),
      new TestMember(groups, { rebalanceTimeoutMs: 30_000 }),
    ]
    await clock.settle(Promise.all([a.tryJoin(), stuck.tryJoin()]))
    await a.sync({ [a.id]: 'all' })
    const heart = keepBeating(groups, [a, stuck])
    await clock.advance(30_001)
    heart.stop()
    expect([a.heartbeat(), stuck.heartbeat()]).toEqual(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'])
  })

  test('a follower that joins again and says the same is told the generation, and disturbs nobody', async () => {
    const { groups, members } = await threeMembers()
    const [leader, follower] = members
    expect(await follower.tryJoin()).toMatchObject({ errorCode: 0, generationId: 1, members: [] })
    expect((await follower.sync()).assignment.toString()).toBe(`for ${follower.id}`)
    expect(group(groups).state).toBe('Stable')
    void leader.tryJoin()
    expect(group(groups).state).toBe('PreparingRebalance')
  })

  test('a join that says something new during the sync sends the others back to join', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const { clock } = groups
    const [a, b] = [new TestMember(groups), new TestMember(groups)]
    await clock.settle(Promise.all([a.tryJoin(), b.tryJoin()]))
    expect(await b.tryJoin()).toMatchObject({ generationId: 1 })
    const waiting = b.sync()
    const again = a.tryJoin({ says: 'new' })
    expect(names([await waiting])).toEqual(['REBALANCE_IN_PROGRESS'])
    const answers = await clock.settle(Promise.all([again, b.tryJoin()]))
    expect(answers.map(({ generationId }) => generationId)).toEqual([2, 2])
  })

  test('a request of an old generation is refused', async () => {
    const { clock, members } = await threeMembers()
    const [a, b, c] = members
    await clock.settle(Promise.all([a.tryJoin(), b.tryJoin(), c.tryJoin()]))
    c.generation = 1
    expect([c.heartbeat(), c.commit(1), ...names([await c.sync()])]).toEqual([
      'ILLEGAL_GENERATION',
      'ILLEGAL_GENERATION',
      'ILLEGAL_GENERATION',
    ])
  })

  test('a sync that names another protocol than was chosen is refused (KIP-559)', async () => {
    const { members } = await threeMembers()
    const answers = [
      await members[1].sync({}, { protocolName: 'sticky' }),
      await members[1].sync({}, { protocolType: 'connect' }),
    ]
    expect(names(answers)).toEqual(['INCONSISTENT_GROUP_PROTOCOL', 'INCONSISTENT_GROUP_PROTOCOL'])
    expect(names([await members[1].sync({}, { protocolName: 'range', protocolType: 'consumer' })])).toEqual(['NONE'])
  })

  test('a new member whose connection is gone is given up after five minutes', async () => {
    const { groups, clock, members } = await threeMembers({ sessionTimeoutMs: 900_000, rebalanceTimeoutMs: 900_000 })
    void new TestMember(groups, { rebalanceTimeoutMs: 900_000 }).tryJoin()
    expect(group(groups).members.size).toBe(4)
    await clock.advance(300_001)
    expect(group(groups).members.size).toBe(3)
    expect(members[0].heartbeat()).toBe('REBALANCE_IN_PROGRESS')
  })
})

describe('offsets', () => {
  const simple = { groupId: 'g', memberId: '', groupInstanceId: null, generation: -1 }

  test('who is no member commits while there are none, and not beside them', async () => {
    const groups = newGroups()
    groups.coordinator.commit(simple, [offsetAt(7)])
    expect(group(groups).offsets.get({ topic: 't', partition: 0 })?.offset).toBe(7)
    await formGroup(groups, [new TestMember(groups)])
    expect(() => groups.coordinator.commit(simple, [offsetAt(8)])).toThrow('of none of them')
    expect(group(groups).offsets.get({ topic: 't', partition: 0 })?.offset).toBe(7)
  })

  test('a member of a group that there is none of is refused', () => {
    const groups = newGroups()
    const member = new TestMember(groups)
    member.generation = 3
    expect(member.commit(1)).toBe('ILLEGAL_GENERATION')
  })

  test('a member may commit during a rebalance, and not before it has its new assignment', async () => {
    const { clock, members } = await threeMembers()
    const [a, b, c] = members
    const again = a.tryJoin()
    expect(b.commit(1)).toBe('NONE')
    await clock.settle(Promise.all([again, b.tryJoin(), c.tryJoin()]))
    expect(b.commit(2)).toBe('REBALANCE_IN_PROGRESS')
  })

  test('a group is deleted when it has no members, with its offsets', async () => {
    const { groups, members } = await threeMembers()
    members[0].commit(5)
    expect(() => groups.coordinator.delete('g')).toThrow('is Stable')
    for (const member of members) member.leave()
    groups.coordinator.delete('g')
    expect(groups.coordinator.get('g')).toBeUndefined()
    expect(() => groups.coordinator.delete('g')).toThrow('there is no group g')
  })

  test('the offsets of a topic that is deleted are forgotten', () => {
    const groups = newGroups()
    groups.coordinator.commit(simple, [offsetAt(1), { ...offsetAt(2), topic: 'u' }])
    groups.coordinator.forgetTopic('t')
    expect(group(groups).offsets.all.map(({ topic }) => topic)).toEqual(['u'])
  })
})

describe('after a restart', () => {
  test('members go on as if nothing had been, and offsets are there', async () => {
    const { groups, members } = await threeMembers()
    members[0].commit(5)
    groups.coordinator.close()
    const next = newGroups({ clock: groups.clock, storage: groups.storage })
    const [a, b, dead] = members.map(({ id, generation }) =>
      Object.assign(new TestMember(next), { id, generation }),
    ) as [TestMember, TestMember, TestMember]
    expect((await b.sync()).assignment.toString()).toBe(`for ${b.id}`)
    await next.clock.advance(9_000)
    expect([a.heartbeat(), b.heartbeat()]).toEqual(['NONE', 'NONE'])
    expect(group(next).offsets.get({ topic: 't', partition: 0 })?.offset).toBe(5)
    await next.clock.advance(1_001)
    expect([a.heartbeat(), dead.heartbeat()]).toEqual(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'])
  })

  test('an empty group goes on counting its generations, and a deleted one is gone', async () => {
    const { groups, members } = await threeMembers()
    groups.coordinator.commit({ groupId: 'other', memberId: '', groupInstanceId: null, generation: -1 }, [offsetAt(1)])
    for (const member of members) member.leave()
    groups.coordinator.delete('other')
    groups.coordinator.close()
    const next = newGroups({ storage: groups.storage })
    expect(next.coordinator.all.map(({ id, generation, state }) => [id, generation, state])).toEqual([
      ['g', 2, 'Empty'],
    ])
  })
})
