import fc from 'fast-check'
import { expect, test } from 'vitest'
import { describePlan, planTopology, TopologyError, type Plan } from 'millrace'
import { stores, topics } from './plan-facts.ts'
import { built, steps, type Step } from './random-topology.ts'

/** Undefined when two unnamed steps share a name: the user is asked for one, so nothing is renamed in silence. */
function plannedOrAsked(made: readonly Step[]): Plan | undefined {
  try {
    return planTopology(built(made, false), { applicationId: 'app' })
  } catch (error) {
    if (error instanceof TopologyError) return undefined
    throw error
  }
}

function kept(plan: Plan): ReadonlySet<string> {
  return new Set([...stores(plan), ...topics(plan, 'changelog'), ...topics(plan, 'repartition')])
}

/** The step goes in as early as what feeds it allows, or later. */
function insert(made: readonly Step[], added: Step, at: number): readonly Step[] {
  const earliest = made
    .filter(({ id }) => added.inputs.includes(id))
    .reduce((last, step) => Math.max(last, made.indexOf(step) + 1), 0)
  const index = earliest + (at % (made.length - earliest + 1))
  return [...made.slice(0, index), added, ...made.slice(index)]
}

const someNamed = fc.integer({ min: 0, max: 3 }).map((n) => n > 0)

test('one more operator renames no store and no internal topic', () => {
  let compared = 0
  fc.assert(
    fc.property(steps({ max: 10, named: someNamed }), fc.nat(20), (made, at) => {
      fc.pre(made.length > 1)
      const added = made.at(-1)!
      const before = plannedOrAsked(made.slice(0, -1))
      const after = plannedOrAsked(insert(made.slice(0, -1), added, at))
      if (before === undefined || after === undefined) return
      compared += 1
      expect([...kept(before)].filter((name) => !kept(after).has(name))).toEqual([])
    }),
    { numRuns: 500 },
  )
  expect(compared).toBeGreaterThan(200)
})

test('a plan is the same each time, and frozen', () => {
  fc.assert(
    fc.property(steps({ max: 6, named: fc.constant(true) }), (made) => {
      const topology = built(made)
      const [one, other] = [
        planTopology(topology, { applicationId: 'app' }),
        planTopology(topology, { applicationId: 'app' }),
      ]
      expect(describePlan(other, 'json')).toBe(describePlan(one, 'json'))
      for (const part of [
        one,
        one.subtopologies,
        one.subtopologies[0]!,
        one.subtopologies[0]!.nodes,
        one.internalTopics,
      ]) {
        expect(Object.isFrozen(part)).toBe(true)
      }
    }),
    { numRuns: 50 },
  )
})
