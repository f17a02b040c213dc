import { expect } from 'vitest'
import { planTopology, type Plan } from 'millrace'
import type { RigOptions } from '../../unit/runtime/task-rig.ts'
import { compacted, PlanInstance, type Input } from '../../unit/runtime/plan-instance.ts'
import { effects, operatorCases, type OperatorCase } from './operator-cases.ts'

export interface PlannedCase extends OperatorCase {
  readonly plan: Plan
  readonly name: string
  /** That it reads from outside. */
  readonly topics: readonly string[]
}

/** Every case of every kind, each once, though some stand for several kinds. */
export const eachCase: readonly PlannedCase[] = planned()

export const seeds: readonly number[] = [1, 2, 3]

function planned(): readonly PlannedCase[] {
  const known = new Set<OperatorCase>()
  return Object.entries(operatorCases).flatMap(([kind, cases]) =>
    cases.flatMap((each, index) => {
      if (known.has(each)) return []
      known.add(each)
      const plan = planTopology(each.topology, { applicationId: 'app' })
      return [{ ...each, plan, name: `${kind} ${index + 1}`, topics: outside(plan) }]
    }),
  )
}

function outside(plan: Plan): readonly string[] {
  const sources = plan.subtopologies.flatMap((subtopology) => subtopology.sources)
  const internal = new Set(plan.internalTopics.map(({ name }) => name))
  const topics = [...sources, ...plan.globalTables].map(({ topic }) => topic)
  return [...new Set(topics)].filter((topic) => !internal.has(topic))
}

/** One record at a time, from nothing. */
export async function plainRun(
  plan: Plan,
  inputs: readonly Input[],
  options: RigOptions = {},
): Promise<{ readonly instance: PlanInstance; readonly outputs: readonly string[] }> {
  effects.splice(0)
  const instance = await PlanInstance.start(plan, [], options)
  inputs.forEach((input) => instance.pipe(input))
  return { instance, outputs: outputsOf(instance) }
}

/** With what `foreach` and `peek` did. */
export function outputsOf(...instances: readonly PlanInstance[]): readonly string[] {
  return [...instances.flatMap(({ outputs }) => outputs), ...effects.splice(0)]
}

/**
 * What a restored task would start from, in the order of keys. Left out is what no result depends on: the number that tells
 * buffered records of one time apart, and with which instruction a subscription last came.
 */
export function stateOf(instance: PlanInstance): readonly string[] {
  const records = compacted(instance.changelogs).filter(({ value }) => value !== null)
  return records
    .map(({ topic, key, value, timestamp }) => {
      const keyHex = topic.endsWith('-buffer-changelog') ? hex(key).slice(0, -8) : hex(key)
      const valueHex = topic.endsWith('-subscription-store-changelog') ? hex(value).slice(4) : hex(value)
      return `${topic} ${keyHex}=${valueHex}@${timestamp}`
    })
    .toSorted()
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null ? 'null' : Buffer.from(bytes).toString('hex')
}

/** A run that shows nothing would prove nothing. */
export function expectSome(outputs: readonly unknown[]): void {
  expect(outputs.length).toBeGreaterThan(0)
}
