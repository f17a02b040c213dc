import { describe, expect, test } from 'vitest'
import { ProcessingError, seededRandom, TopologyError, type ErrorAnswer, type Plan } from 'millrace'
import { taskIdName } from '../../../src/core/task-id.ts'
import type { OperatorSpec } from '../../../src/planner/operator-spec.ts'
import type { CollectedRecord } from '../../../src/runtime/record-collector.ts'
import { PlanInstance, type Input } from '../../unit/runtime/plan-instance.ts'
import type { RigOptions } from '../../unit/runtime/task-rig.ts'
import { caseInputs } from './case-inputs.ts'
import { eachCase, expectSome, outputsOf, seeds, type PlannedCase } from './each-case.ts'
import { effects } from './operator-cases.ts'

/** Refuses one call of `send`, the `at`-th, and counts them all. */
class Refusal {
  readonly #at: number
  readonly #error: Error
  calls = 0
  refused: CollectedRecord | undefined

  constructor(at: number, error: Error) {
    this.#at = at
    this.#error = error
  }

  readonly onSend = (record: CollectedRecord): void => {
    if (this.calls++ !== this.#at) return
    this.refused = record
    throw this.#error
  }
}

/** Flushes after every record, so that a refusal may hit a changelog too. */
async function run(
  { plan }: PlannedCase,
  inputs: readonly Input[],
  { flushes, ...options }: RigOptions & { readonly flushes: boolean },
): Promise<Ended> {
  effects.splice(0)
  const instance = await PlanInstance.start(plan, [], options)
  for (const input of inputs) {
    try {
      instance.pipe(input)
      if (flushes) instance.flush()
    } catch (thrown) {
      return { instance, thrown }
    }
  }
  return { instance, thrown: undefined }
}

async function sendsOf(each: PlannedCase, inputs: readonly Input[], flushes: boolean): Promise<readonly string[]> {
  const topics: string[] = []
  await run(each, inputs, { flushes, onSend: ({ topic }) => void topics.push(topic) })
  expectSome(topics)
  return topics
}

function answering(answer: ErrorAnswer): RigOptions {
  const ask = (): ErrorAnswer => answer
  return { handlers: { decode: ask, process: ask, produce: ask }, deadLetterTopic: 'dead' }
}

/** Where in `topics` a record goes that `suits`, by chance. */
function pick(topics: readonly string[], seed: number, suits: (topic: string) => boolean): number {
  const places = [...topics.keys()].filter((at) => suits(topics[at]!))
  return places[Math.floor(seededRandom(seed)() * places.length)]!
}

const refused = new RangeError('no room')

describe('a collector that refuses once', () => {
  test.each(eachCase)('$name: an error of Millrace surfaces as it is, whatever handlers say', async (each) => {
    for (const seed of seeds) {
      const inputs = caseInputs(seed, each.topics, false)
      const at = pick(await sendsOf(each, inputs, true), seed, () => true)
      const error = new TopologyError([{ path: 'topic', problem: 'gone', remedy: 'none' }], 'MILLRACE_TOPIC_MISSING')
      const refusal = new Refusal(at, error)
      const { thrown } = await run(each, inputs, { flushes: true, onSend: refusal.onSend, ...answering('continue') })
      expect(thrown).toBe(error)
      expect(refusal.calls, 'nothing more is sent').toBe(at + 1)
    }
  })

  test.each(eachCase)('$name: fail names node and place, and the record is met again', async (each) => {
    for (const seed of seeds) {
      const inputs = caseInputs(seed, each.topics, false)
      const refusal = new Refusal(
        pick(await sendsOf(each, inputs, false), seed, () => true),
        refused,
      )
      const failed = await run(each, inputs, { flushes: false, onSend: refusal.onSend, ...answering('fail') })
      expectFailure(failed, refusal.refused!.nodeName)
    }
  })

  test.each(eachCase)('$name: continue and dead-letter leave out what was refused, and nothing else', async (each) => {
    for (const seed of seeds) {
      const inputs = caseInputs(seed, each.topics, false)
      const all = outputsOf((await run(each, inputs, { flushes: false })).instance)
      const at = pick(await sendsOf(each, inputs, false), seed, (topic) => topic.startsWith('out'))
      const refusal = new Refusal(at, refused)
      const runWith = (answer: ErrorAnswer): Promise<Ended> =>
        run(each, inputs, { flushes: false, ...answering(answer), onSend: new Refusal(at, refused).onSend })
      const going = await run(each, inputs, { flushes: false, ...answering('continue'), onSend: refusal.onSend })
      // There is no record that a handler could leave out.
      if (isPunctuation(going.thrown)) continue
      const left = outputsOf(going.instance)
      expect(left).toEqual(all.toSpliced(at, 1))
      const outputs = outputsOf((await runWith('dead-letter')).instance)
      const [letter, ...more] = outputs.filter((line) => line.startsWith('dead '))
      expect(letter).toContain(`__millrace.errors.node:${refusal.refused!.nodeName}`)
      expect(letter).toContain('__streams.errors.offset:')
      expect(more).toEqual([])
      expect(outputs.filter((line) => line !== letter)).toEqual(left)
    }
  })
})

interface Ended {
  readonly instance: PlanInstance
  readonly thrown: unknown
}

function isPunctuation(thrown: unknown): boolean {
  return thrown instanceof ProcessingError && thrown.message.includes('failed in a punctuation')
}

function expectFailure({ instance, thrown }: Ended, node: string): void {
  expect(thrown).toBeInstanceOf(ProcessingError)
  const { nodeName, cause, topic, offset, taskId } = thrown as ProcessingError
  expect({ nodeName, cause }).toEqual({ nodeName: node, cause: refused })
  if (isPunctuation(thrown)) return
  const { task } = instance.rigs.find((rig) => taskIdName(rig.task.id) === taskId)!
  expect(task.offsetsToCommit().find((each) => each.topic === topic)?.offset ?? 0).toBe(offset)
}

/** A plan whose functions of the user count their calls; the `at`-th throws. */
function sabotaged(plan: Plan, at: number): { readonly plan: Plan; readonly calls: () => number } {
  let calls = 0
  const wrap = (part: unknown, name: string): unknown => {
    if (untouched.test(name)) return part
    if (typeof part === 'function') {
      return (...args: unknown[]) => {
        if (calls++ === at) throw refused
        return part(...args)
      }
    }
    if (Array.isArray(part)) return part.map((each) => wrap(each, name))
    if (typeof part !== 'object' || part === null) return part
    return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, wrap(value, key)]))
  }
  const subtopologies = plan.subtopologies.map((subtopology) => ({
    ...subtopology,
    nodes: subtopology.nodes.map((node) => ({ ...node, operator: wrap(node.operator, '') as OperatorSpec })),
  }))
  return { plan: { ...plan, subtopologies }, calls: () => calls }
}

/** Serdes, which fail otherwise, and processors, which are no plain functions. */
const untouched = /^(key|value|\w+Serde|supplier|stores)$/

describe('a function of the user that throws once', () => {
  test.each(eachCase)('$name: fail names a node, and continue goes on', async (each) => {
    for (const seed of seeds) {
      const inputs = caseInputs(seed, each.topics, false)
      const counting = sabotaged(each.plan, -1)
      const whole = await run({ ...each, plan: counting.plan }, inputs, { flushes: false })
      if (counting.calls() === 0) continue
      const at = Math.floor(seededRandom(seed)() * counting.calls())
      const failed = await run({ ...each, plan: sabotaged(each.plan, at).plan }, inputs, { flushes: false })
      const { outputs } = failed.instance
      expect(outputs).toEqual(whole.instance.outputs.slice(0, outputs.length))
      if (failed.thrown === undefined) {
        // Only `over` may get over it: where it takes what has expired from a window, it can also count the window anew.
        expect(outputs.length).toBe(whole.instance.outputs.length)
        continue
      }
      const { nodeName } = failed.thrown as ProcessingError
      expectFailure(failed, nodeName!)
      expect(nodesOf(each.plan)).toContain(nodeName)
      const broken = { ...each, plan: sabotaged(each.plan, at).plan }
      const going = await run(broken, inputs, { flushes: true, ...answering('continue') })
      expect(going.thrown).toBeUndefined()
      await PlanInstance.start(each.plan, going.instance.changelogs)
    }
  })
})

function nodesOf(plan: Plan): readonly string[] {
  return plan.subtopologies
    .flatMap(({ nodes }) => nodes)
    .flatMap(({ name, operator }) => [
      name,
      ...(operator.kind === 'fused' ? operator.steps.map((step) => step.name) : []),
    ])
}
