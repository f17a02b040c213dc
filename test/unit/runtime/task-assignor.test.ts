import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { topicPartitionName } from '../../../src/core/topic-partition.ts'
import type { PlanSource, Subtopology } from '../../../src/planner/plan.ts'
import type { GroupMember } from '../../../src/runtime/port.ts'
import { taskAssignor, tasksOf } from '../../../src/runtime/task-assignor.ts'
import { string } from '../../../src/serde/string.ts'

function subtopology(id: number, topics: readonly string[]): Subtopology {
  const sources = topics.map((topic): PlanSource => {
    return {
      topic,
      nodeName: topic,
      key: string(),
      value: string(),
      timestamp: null,
      offsetReset: null,
      internal: false,
    }
  })
  return { id, sources, nodes: [], stores: [] }
}

const member = (memberId: string, owned: GroupMember['owned'] = []): GroupMember => ({ memberId, owned })

/** Some sub-topologies with one to three input topics each, of any widths, and some members. */
const group = fc.record({
  widths: fc.array(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 3 }), {
    minLength: 1,
    maxLength: 4,
  }),
  members: fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 7 }),
})

function build(widths: readonly (readonly number[])[]): { subtopologies: Subtopology[]; counts: Map<string, number> } {
  const counts = new Map(widths.flatMap((topics, id) => topics.map((width, n) => [`t${id}-${n}`, width] as const)))
  return {
    subtopologies: widths.map((topics, id) =>
      subtopology(
        id,
        topics.map((_, n) => `t${id}-${n}`),
      ),
    ),
    counts,
  }
}

type Assignment = ReturnType<ReturnType<typeof taskAssignor>>

function tasksPerMember(
  assignment: Assignment,
  { subtopologies, counts }: ReturnType<typeof build>,
): Map<string, number[]> {
  const owners = new Map(
    [...assignment].flatMap(([id, owned]) => owned.map((partition) => [topicPartitionName(partition), id])),
  )
  const perMember = new Map([...assignment.keys()].map((id) => [id, subtopologies.map(() => 0)]))
  for (const [index, each] of subtopologies.entries()) {
    for (const { partitions } of tasksOf(each, counts)) {
      const ids = new Set(partitions.map((partition) => owners.get(topicPartitionName(partition))))
      expect(ids.size, 'one member per task').toBe(1)
      perMember.get([...ids][0]!)![index]!++
    }
  }
  return perMember
}

const spread = (numbers: readonly number[]): number => Math.max(...numbers) - Math.min(...numbers)
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0)
const movedFrom = (before: Assignment, after: Assignment): number => {
  const owners = new Map([...before].flatMap(([id, owned]) => owned.map((each) => [topicPartitionName(each), id])))
  return [...after].flatMap(([id, owned]) => owned.filter((each) => owners.get(topicPartitionName(each)) !== id)).length
}

/** What the members own once nobody has to let go of anything any more, and after how many rebalances that was. */
function converge(
  assign: ReturnType<typeof taskAssignor>,
  members: readonly GroupMember[],
  counts: ReadonlyMap<string, number>,
): { readonly owned: Assignment; readonly rebalances: number } {
  let current = members
  for (let rebalances = 1; ; rebalances++) {
    const owned = assign(current, counts)
    expectNothingTaken(current, owned)
    const letGo = current.some(({ memberId, owned: before }) => {
      const kept = new Set(owned.get(memberId)!.map(topicPartitionName))
      return before.some((partition) => !kept.has(topicPartitionName(partition)))
    })
    if (!letGo) return { owned, rebalances }
    expect(rebalances, 'it ends').toBeLessThan(20)
    current = current.map(({ memberId }) => member(memberId, owned.get(memberId)))
  }
}

function expectNothingTaken(before: readonly GroupMember[], after: Assignment): void {
  for (const [memberId, given] of after) {
    const others = before.filter((each) => each.memberId !== memberId).flatMap(({ owned }) => owned)
    const theirs = new Set(others.map(topicPartitionName))
    expect(given.filter((partition) => theirs.has(topicPartitionName(partition)))).toEqual([])
  }
}

describe('for any group', () => {
  test('every partition goes to exactly one member, tasks stay whole, and nobody has two tasks more than another', () => {
    fc.assert(
      fc.property(group, ({ widths, members }) => {
        const built = build(widths)
        const assignment = taskAssignor(built.subtopologies)(
          members.map((id) => member(id)),
          built.counts,
        )
        const partitions = [...assignment.values()].flat().map(topicPartitionName)
        expect(new Set(partitions).size).toBe(partitions.length)
        expect(partitions).toHaveLength(sum([...built.counts.values()]))
        const perMember = [...tasksPerMember(assignment, built).values()]
        for (const index of widths.keys())
          expect(spread(perMember.map((tasks) => tasks[index]!))).toBeLessThanOrEqual(1)
        expect(spread(perMember.map(sum))).toBeLessThanOrEqual(1)
      }),
    )
  })

  test('a group whose members stay moves nothing, in whatever order they are listed', () => {
    fc.assert(
      fc.property(group, ({ widths, members }) => {
        const { subtopologies, counts } = build(widths)
        const assign = taskAssignor(subtopologies)
        const before = assign(
          members.map((id) => member(id)),
          counts,
        )
        const after = assign(members.map((id) => member(id, before.get(id) ?? [])).reverse(), counts)
        expect(movedFrom(before, after)).toBe(0)
      }),
    )
  })

  test('members that come and go: nobody gets what another still owns, and within three rebalances all is balanced', () => {
    const change = fc.record({
      gone: fc.subarray([0, 1, 2, 3, 4, 5, 6]),
      fresh: fc.uniqueArray(fc.stringMatching(/^[A-Z]{1,2}$/), { maxLength: 4 }),
    })
    fc.assert(
      fc.property(group, fc.array(change, { minLength: 1, maxLength: 4 }), ({ widths, members }, changes) => {
        const built = build(widths)
        const assign = taskAssignor(built.subtopologies)
        let current: readonly GroupMember[] = members.map((id) => member(id))
        current = [...converge(assign, current, built.counts).owned].map(([id, owned]) => member(id, owned))
        for (const { gone, fresh } of changes) {
          const known = new Set(current.map(({ memberId }) => memberId))
          const left = current.filter((_, index) => !gone.includes(index))
          const next = [...left, ...fresh.filter((id) => !known.has(id)).map((id) => member(id))]
          if (next.length === 0) continue
          const { owned, rebalances } = converge(assign, next, built.counts)
          expect(rebalances).toBeLessThanOrEqual(3)
          expect([...owned.values()].flat()).toHaveLength(sum([...built.counts.values()]))
          const perMember = [...tasksPerMember(owned, built).values()]
          expect(spread(perMember.map(sum))).toBeLessThanOrEqual(1)
          current = [...owned].map(([id, partitions]) => member(id, partitions))
        }
      }),
      { numRuns: 500 },
    )
  })

  test('whatever members claim, also the same, in the end every task has one owner', () => {
    const claim = fc.array(fc.record({ topic: fc.constantFrom('t0-0', 't0-1', 't1-0'), partition: fc.nat(8) }), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(group, fc.array(claim, { minLength: 7, maxLength: 7 }), ({ widths, members }, claims) => {
        const built = build(widths)
        const claiming = members.map((id, index) => member(id, claims[index]))
        const { owned } = converge(taskAssignor(built.subtopologies), claiming, built.counts)
        expect([...owned.values()].flat()).toHaveLength(sum([...built.counts.values()]))
        tasksPerMember(owned, built)
      }),
      { numRuns: 500 },
    )
  })
})

test('two members that claim one partition: both let go, then one has it', () => {
  const assign = taskAssignor([subtopology(0, ['a'])])
  const owned = [{ topic: 'a', partition: 0 }]
  const first = assign([member('y', owned), member('x', owned)], new Map([['a', 2]]))
  expect(first.get('x')).toEqual([])
  const assignment = assign([member('y', first.get('y')), member('x')], new Map([['a', 2]]))
  expect(assignment.get('x')).toEqual([{ topic: 'a', partition: 0 }])
  expect(assignment.get('y')).toEqual([{ topic: 'a', partition: 1 }])
})

test('a task keeps its owner when a member joins', () => {
  const owned = [0, 1, 2, 3].map((partition) => ({ topic: 'a', partition }))
  const assignment = taskAssignor([subtopology(0, ['a'])])([member('x', owned), member('new')], new Map([['a', 4]]))
  expect(assignment.get('x')).toEqual(owned.slice(0, 2))
})

test('an empty group, a topic that is gone', () => {
  const assign = taskAssignor([subtopology(0, ['a'])])
  expect(assign([], new Map([['a', 3]])).size).toBe(0)
  expect(assign([member('x')], new Map()).get('x')).toEqual([])
})
