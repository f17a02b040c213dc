import { describe, expect, test } from 'vitest'
import {
  errorName,
  formGroup,
  keepBeating,
  newGroups,
  TestMember,
  type TestGroups,
} from '../../../support/broker-groups.ts'

const group = (groups: TestGroups) => groups.coordinator.get('g')!
const names = (answers: readonly { readonly errorCode: number }[]) =>
  answers.map(({ errorCode }) => errorName(errorCode))

describe('static members (KIP-345)', () => {
  const threeStatic = async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const members = ['x', 'y', 'z'].map((instanceId) => new TestMember(groups, { instanceId })) as [
      TestMember,
      TestMember,
      TestMember,
    ]
    await formGroup(groups, members)
    return { groups, clock: groups.clock, members }
  }

  test('one that starts again has its assignment, without a rebalance, and its old self is fenced', async () => {
    const { groups, members } = await threeStatic()
    const [leader, old] = members
    const back = new TestMember(groups, { instanceId: 'y' })
    expect(await back.tryJoin()).toMatchObject({ errorCode: 0, generationId: 1, leader: leader.id, members: [] })
    expect((await back.sync()).assignment.toString()).toBe(`for ${old.id}`)
    expect(group(groups).state).toBe('Stable')
    expect([old.heartbeat(), old.commit(1), ...names([await old.sync(), await old.tryJoin()])]).toEqual(
      Array.from({ length: 4 }, () => 'FENCED_INSTANCE_ID'),
    )
    expect(back.heartbeat()).toBe('NONE')
  })

  test('a leader that starts again is not told to assign, and leads the next generation', async () => {
    const { groups, clock, members } = await threeStatic()
    const [old, y, z] = members
    const back = new TestMember(groups, { instanceId: 'x' })
    expect(await back.tryJoin()).toMatchObject({ leader: old.id, members: [] })
    const answers = await clock.settle(Promise.all([back.tryJoin({ says: 'new' }), y.tryJoin(), z.tryJoin()]))
    expect(answers[0]).toMatchObject({ generationId: 2, leader: back.id })
    expect(new Set(answers[0].members.map(({ groupInstanceId }) => groupInstanceId))).toEqual(new Set(['x', 'y', 'z']))
  })

  test('its requests that wait are fenced when it comes back', async () => {
    const { groups, members } = await threeStatic()
    const waiting = members[1].tryJoin({ says: 'new' })
    void new TestMember(groups, { instanceId: 'y' }).tryJoin()
    expect(names([await waiting])).toEqual(['FENCED_INSTANCE_ID'])
  })

  test('one that is away stays in the group until its session ends', async () => {
    const { groups, clock, members } = await threeStatic()
    const [away, y, z] = members
    const heart = keepBeating(groups, [y, z])
    await clock.advance(9_000)
    expect(y.heartbeat()).toBe('NONE')
    await clock.advance(1_001)
    heart.stop()
    expect([y.heartbeat(), away.heartbeat()]).toEqual(['REBALANCE_IN_PROGRESS', 'UNKNOWN_MEMBER_ID'])
  })

  test('it is not out when it misses a rebalance, but when its session ends', async () => {
    const groups = newGroups({ config: { groupInitialRebalanceDelayMs: 100 } })
    const { clock } = groups
    const [a, away] = ['a', 'b'].map(
      (instanceId) => new TestMember(groups, { instanceId, sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 20_000 }),
    ) as [TestMember, TestMember]
    await formGroup(groups, [a, away])
    const answer = await clock.settle(a.tryJoin())
    expect(answer).toMatchObject({ generationId: 2 })
    expect(answer.members).toHaveLength(2)
  })

  test('an administrator takes one out by its name', async () => {
    const { groups, members } = await threeStatic()
    const codes = groups.coordinator.leave('g', [
      { memberId: '', groupInstanceId: 'y' },
      { memberId: '', groupInstanceId: 'nobody' },
      { memberId: 'wrong', groupInstanceId: 'z' },
    ])
    expect(codes.map(errorName)).toEqual(['NONE', 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID'])
    expect(members[0].heartbeat()).toBe('REBALANCE_IN_PROGRESS')
    expect(members[1].heartbeat()).toBe('UNKNOWN_MEMBER_ID')
  })
})
