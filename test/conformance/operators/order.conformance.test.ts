import { describe, expect, test } from 'vitest'
import { seededRandom, type Plan } from 'millrace'
import { globalTables, type Arrival, type PlanInstance } from '../../unit/runtime/plan-instance.ts'
import { planRig, type TaskRig } from '../../unit/runtime/task-rig.ts'
import { caseInputs } from './case-inputs.ts'
import { eachCase, expectSome, plainRun, seeds } from './each-case.ts'
import { tapped } from './edge-tap.ts'
import { operatorCases } from './operator-cases.ts'

test.each(Object.entries(operatorCases))('every case of %s contains it', (kind, cases) => {
  expect(cases.length).toBeGreaterThan(0)
  for (const { topology } of cases) {
    const { plan } = eachCase.find((each) => each.topology === topology)!
    expect(plan.subtopologies.flatMap(({ nodes }) => nodes).map(({ operator }) => operator.kind)).toContain(kind)
  }
})

describe('one record at a time', () => {
  /** Records, changes and forwards that one record may cause: each meets all that came before it a few times. */
  const perRecordMax = 20

  test.each(eachCase)('$name keeps the rules of every edge and comes to an end', async ({ plan, topics }) => {
    for (const seed of seeds) {
      const inputs = caseInputs(seed, topics, false)
      await tapped(plan, async (tap) => {
        const { instance } = await plainRun(plan, [])
        inputs.forEach((input, index) => {
          tap.reset()
          instance.pipe(input)
          expect(tap.forwards).toBeLessThan(perRecordMax * (index + 2))
          const changed = instance.rigs.reduce((total, { task }) => total + task.changedEntries, 0)
          instance.commit()
          expect(changed).toBeLessThan(perRecordMax * (index + 2))
        })
        expectSome(instance.outputs)
      })
    }
  })

  test.each(eachCase)('$name gives the same again', async ({ plan, topics }) => {
    const inputs = caseInputs(9, topics, false)
    const { outputs } = await plainRun(plan, inputs)
    expect((await plainRun(plan, inputs)).outputs).toEqual(outputs)
  })
})

describe('a full inbox', () => {
  const sizes = { 'all at once': () => Infinity, 'batches of any size': (random: () => number) => 1 + random() * 9 }

  test.each(eachCase)('$name gives what it gives for the same records one by one', async ({ plan, topics }) => {
    for (const seed of seeds) {
      const { instance } = await plainRun(plan, caseInputs(seed, topics, false))
      for (const size of Object.values(sizes)) {
        const random = seededRandom(seed)
        await tapped(plan, async () => {
          for (const [at, arrivals] of instance.arrivals.entries()) {
            const inbox = new Inbox(plan, at, await taskOf(plan, at, instance))
            inbox.fill(arrivals, () => size(random), random)
            const slow = await taskOf(plan, at, instance)
            for (const { topic, content } of inbox.processed) {
              slow.enqueue(topic, content)
              slow.run()
            }
            expect(inbox.processed.length).toBe(arrivals.length)
            expect(inbox.rig.sent).toEqual(slow.sent)
          }
        })
      }
    }
  })
})

async function taskOf(plan: Plan, subtopology: number, { changelogs }: PlanInstance): Promise<TaskRig> {
  const { stores: globalStores } = await globalTables(plan, changelogs)
  const rig = await planRig(plan, { subtopology, globalStores })
  rig.task.start()
  return rig
}

/** Feeds a task in batches, and says on its own in which order the task must take the records. */
class Inbox {
  readonly rig: TaskRig
  readonly processed: Arrival[] = []
  readonly #queues: ReadonlyMap<string, Arrival[]>

  constructor(plan: Plan, at: number, rig: TaskRig) {
    this.rig = rig
    this.#queues = new Map(plan.subtopologies[at]!.sources.map(({ topic }) => [topic, []]))
  }

  fill(arrivals: readonly Arrival[], size: () => number, random: () => number): void {
    const waiting = [...this.#queues.keys()].map((topic) => arrivals.filter((each) => each.topic === topic))
    while (waiting.some(({ length }) => length > 0)) {
      for (const records of waiting) this.#enqueue(records.splice(0, size()))
      for (let left = random() * 15; left > 0 && this.rig.task.bufferedTotal > 0; left--) this.#process()
    }
    while (this.rig.task.bufferedTotal > 0) this.#process()
  }

  #enqueue(batch: readonly Arrival[]): void {
    const topic = batch[0]?.topic
    if (topic === undefined) return
    this.#queues.get(topic)!.push(...batch)
    this.rig.enqueue(topic, ...batch.map(({ content }) => content))
  }

  /** The smallest timestamp goes first; of equal ones that of the source declared first. */
  #process(): void {
    const heads = [...this.#queues.values()].filter(({ length }) => length > 0)
    const smallest = Math.min(...heads.map(([head]) => head!.content.timestamp!))
    expect(this.rig.task.nextTimestamp()).toBe(smallest)
    this.processed.push(heads.find(([head]) => head!.content.timestamp === smallest)!.shift()!)
    this.rig.process()
  }
}
