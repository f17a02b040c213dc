import { describe, expect, test } from 'vitest'
import type { Plan } from 'millrace'
import { compacted, PlanInstance, type Input } from '../../unit/runtime/plan-instance.ts'
import { caseInputs } from './case-inputs.ts'
import { eachCase, expectSome, outputsOf, plainRun, seeds, stateOf, type PlannedCase } from './each-case.ts'
import { tapped } from './edge-tap.ts'

/** What a case must see equal: its inputs in the order of time where it forgets stream time. */
function inputsOf({ restart, topics }: PlannedCase, seed: number): readonly Input[] {
  const inputs = caseInputs(seed, topics, restart !== 'nothing')
  if (restart !== 'moments') return inputs
  const end = inputs.at(-1)!.timestamp
  // What waits at the end comes out, whenever that is.
  const after = [100, 200, 300].flatMap((later) => topics.map((topic) => ({ topic, timestamp: end + later })))
  return [...inputs, ...after.map((each) => ({ ...each, key: 'z', value: '1' }))]
}

/** Results without the headers of the record that let them go, in no order. */
function timeless(outputs: readonly string[]): readonly string[] {
  return outputs.map((line) => line.replace(/ at:.*/, '')).toSorted()
}

interface Run {
  readonly instance: PlanInstance
  readonly outputs: readonly string[]
}

/** With a commit after every so many records, and, if it is to restart, a new instance then. */
async function committingRun(
  { plan }: PlannedCase,
  inputs: readonly Input[],
  { every, restarts }: { readonly every: number; readonly restarts: boolean },
): Promise<Run> {
  const instances = [await PlanInstance.start(plan, [])]
  for (const [index, input] of inputs.entries()) {
    const instance = instances.at(-1)!
    instance.pipe(input)
    if ((index + 1) % every > 0) continue
    instance.commit()
    if (restarts) instances.push(await restarted(plan, instance, index % 2 === 0))
  }
  const instance = instances.at(-1)!
  instance.commit()
  return { instance, outputs: outputsOf(...instances) }
}

async function restarted(
  plan: Plan,
  { changelogs, nextOffset }: PlanInstance,
  compact: boolean,
): Promise<PlanInstance> {
  // The broker may not compact what a store of versions reads back as its history.
  const history = plan.internalTopics
    .filter(({ configs }) => 'min.compaction.lag.ms' in configs)
    .map(({ name }) => name)
  const kept = new Set(compact ? compacted(changelogs) : changelogs)
  const log = changelogs.filter((entry) => kept.has(entry) || history.includes(entry.topic))
  const instance = await PlanInstance.start(plan, log, { firstOffset: nextOffset })
  instance.changelogs.push(...log)
  return instance
}

describe.each([1, 2, 3, 7])('a new task from the changelogs after every %i records', (every) => {
  test.each(eachCase)('goes on as the old one would: $name', async (each) => {
    for (const seed of seeds) {
      const inputs = inputsOf(each, seed)
      const run = await committingRun(each, inputs, { every, restarts: false })
      expectSome(run.outputs)
      const stopped = await tapped(each.plan, () => committingRun(each, inputs, { every, restarts: true }))
      if (each.restart === 'moments') {
        expect(timeless(stopped.outputs)).toEqual(timeless(run.outputs))
      } else {
        expect(stopped.outputs).toEqual(run.outputs)
        expect(stateOf(stopped.instance)).toEqual(stateOf(run.instance))
      }
    }
  })
})

/** The last value of each key of each topic but those between tasks. */
function lastResults(outputs: readonly string[]): ReadonlyMap<string, string> {
  return new Map(parsed(outputs))
}

function largestResults(outputs: readonly string[]): ReadonlyMap<string, number> {
  const largest = new Map<string, number>()
  for (const [key, value] of parsed(outputs)) largest.set(key, Math.max(largest.get(key) ?? 0, Number(value) || 0))
  return largest
}

function parsed(outputs: readonly string[]): readonly (readonly [key: string, value: string])[] {
  const matches = outputs.map((line) => /^(out.*)=(.*)@/.exec(line)).filter((match) => match !== null)
  return matches.map(([, key, value]) => [key!, value!])
}

const laws: Readonly<Record<PlannedCase['repeat'], (run: Run, crashed: Run) => void>> = {
  same(run, crashed) {
    expect(stateOf(crashed.instance)).toEqual(stateOf(run.instance))
    expect(lastResults(crashed.outputs)).toEqual(lastResults(run.outputs))
  },
  'counted again'(run, crashed) {
    const results = largestResults(crashed.outputs)
    for (const [key, value] of largestResults(run.outputs)) expect(results.get(key), key).toBeGreaterThanOrEqual(value)
  },
  'all come'(run, crashed) {
    const results = new Set(timeless(crashed.outputs))
    expect(timeless(run.outputs).filter((line) => !results.has(line))).toEqual([])
  },
}

/** The changelogs have all that was done up to `crashAt`, the offsets only what was done up to `committedAt`. */
async function crashedRun({ plan }: PlannedCase, inputs: readonly Input[], at: Crash): Promise<Run> {
  const before = await PlanInstance.start(plan, [])
  inputs.slice(0, at.committed).forEach((input) => before.pipe(input))
  before.commit()
  inputs.slice(at.committed, at.crash).forEach((input) => before.pipe(input))
  before.flush()
  const instance = await restarted(plan, before, false)
  inputs.slice(at.committed).forEach((input) => instance.pipe(input))
  instance.commit()
  return { instance, outputs: outputsOf(before, instance) }
}

interface Crash {
  readonly committed: number
  readonly crash: number
}

describe.each([
  { committed: 10, crash: 11 },
  { committed: 0, crash: 20 },
  { committed: 19, crash: 31 },
])('state to record $crash, offsets to record $committed', (at) => {
  test.each(eachCase)('$repeat after the records between were processed twice: $name', async (each) => {
    for (const seed of seeds) {
      const inputs = inputsOf({ ...each, restart: 'moments' }, seed)
      const run = await plainRun(each.plan, inputs)
      run.instance.commit()
      const crashed = await tapped(each.plan, () => crashedRun(each, inputs, at))
      laws[each.repeat](run, crashed)
    }
  })
})
