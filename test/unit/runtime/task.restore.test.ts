import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planTopology, TopologyError, type Plan } from 'millrace'
import { built, inputTopics, resolved, steps } from '../planner/random-topology.ts'
import { compacted, PlanInstance, type Input } from './plan-instance.ts'

/** In the order of time: operators forget their stream time in a restart, as Kafka Streams' do, so what is late may differ. */
const inputs: fc.Arbitrary<readonly Input[]> = fc
  .array(
    fc.record({
      topic: fc.constantFrom(...inputTopics),
      key: fc.constantFrom('a', 'b', 'c', null),
      value: fc
        .option(fc.integer({ min: 0, max: 9 }), { freq: 6 })
        .map((value) => (value === null ? null : `${value}`)),
      stepMs: fc.constantFrom(0, 0, 1, 1, 2, 3, 7, 30),
    }),
    { minLength: 2, maxLength: 30 },
  )
  .map((all) => {
    let timestamp = 0
    return all.map(({ stepMs, ...input }) => ({ ...input, timestamp: (timestamp += stepMs) }))
  })

function planned(made: Parameters<typeof built>[0]): Plan | undefined {
  try {
    return planTopology(built(made), { applicationId: 'app' })
  } catch (error) {
    if (error instanceof TopologyError) return undefined
    throw error
  }
}

interface Restart {
  readonly restartAt: number
  readonly flushEach: number
  readonly compact: boolean
}

const restarts: fc.Arbitrary<Restart> = fc.record({
  restartAt: fc.nat(29),
  flushEach: fc.integer({ min: 1, max: 5 }),
  compact: fc.boolean(),
})

async function outputsOf(plan: Plan, all: readonly Input[]): Promise<readonly string[]> {
  const instance = await PlanInstance.start(plan, [])
  all.forEach((input) => instance.pipe(input))
  return instance.outputs
}

async function outputsWithRestart(plan: Plan, all: readonly Input[], restart: Restart): Promise<readonly string[]> {
  const before = await PlanInstance.start(plan, [])
  const stop = restart.restartAt % all.length
  all.slice(0, stop).forEach((input, index) => {
    before.pipe(input)
    if (index % restart.flushEach === 0) before.flush()
  })
  before.flush()
  const log = restart.compact ? compacted(before.changelogs) : before.changelogs
  const after = await PlanInstance.start(plan, log, { firstOffset: before.nextOffset })
  all.slice(stop).forEach((input) => after.pipe(input))
  return [...before.outputs, ...after.outputs]
}

const timing = { numRuns: 300 }

test('tasks that are restored from their changelogs go on as if they had never stopped', async () => {
  const topologies = steps({ max: 6, named: fc.constant(true), without: ['left join', 'outer join'] })
  let compared = 0
  await fc.assert(
    fc.asyncProperty(topologies, inputs, restarts, async (made, all, restart) => {
      const plan = planned(made)
      if (plan === undefined) return
      compared += 1
      expect(await outputsWithRestart(plan, all, restart)).toEqual(await outputsOf(plan, all))
    }),
    timing,
  )
  expect(compared).toBeGreaterThan(timing.numRuns / 2)
})

/*
 * When an unmatched result goes out depends on what the operator remembers of its last look into the store (Kafka Streams'
 * TimeTracker.minTime), and after a restart it looks at once: it may come earlier, and it comes once.
 */
test('a left or outer join that is restored emits every result once, and none more', async () => {
  const kinds = fc.constantFrom('left join', 'outer join')
  const late = (topic: string, timestamp: number): Input => ({ topic, key: 'z', value: '1', timestamp })
  await fc.assert(
    fc.asyncProperty(kinds, inputs, restarts, async (kind, all, restart) => {
      const plan = planned([resolved([], { kind, picks: [0, 1], isNamed: true })!])!
      const end = all.at(-1)!.timestamp + 1_000
      const closed = [...all, ...[1, 2, 3].flatMap((n) => [late('one', end + n * 100), late('two', end + n * 100)])]
      const results = (outputs: readonly string[]): readonly string[] =>
        outputs.map((line) => line.replace(/ at:.*/, '')).toSorted()
      expect(results(await outputsWithRestart(plan, closed, restart))).toEqual(results(await outputsOf(plan, closed)))
    }),
    timing,
  )
})
