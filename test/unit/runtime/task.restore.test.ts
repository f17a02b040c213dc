import fc from 'fast-check'
import { expect, test } from 'vitest'
import { planTopology, TopologyError, type Plan } from 'millrace'
import type { CollectedRecord } from '../../../src/runtime/record-collector.ts'
import { built, inputTopics, steps } from '../planner/random-topology.ts'
import { planRig, record, text, type TaskRig } from './task-rig.ts'

interface Input {
  readonly topic: string
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

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

/** All tasks of a plan on partition 0, and the log of every topic that they write. */
class Instance {
  readonly #plan: Plan
  readonly #rigs: readonly TaskRig[]
  readonly outputs: string[] = []
  readonly changelogs: CollectedRecord[] = []

  constructor(plan: Plan, rigs: readonly TaskRig[]) {
    this.#plan = plan
    this.#rigs = rigs
  }

  static async start(plan: Plan, changelogs: readonly CollectedRecord[]): Promise<Instance> {
    const rigs = await Promise.all(plan.subtopologies.map(({ id }) => planRig(plan, { subtopology: id })))
    for (const { task } of rigs) {
      for (const { store, changelogTopic } of task.stores.values()) {
        for (const { topic, key, value, timestamp } of changelogs) {
          if (topic === changelogTopic) store.restore(key!, value, timestamp)
        }
        expect(store.changedCount, `${store.name} has nothing to write after it was restored`).toBe(0)
      }
    }
    return new Instance(plan, rigs)
  }

  pipe({ topic, ...content }: Input): void {
    this.#route(topic, {
      ...record(content.key, content.value, content.timestamp),
      headers: [['at', Buffer.from(`${content.timestamp}`)]],
    })
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      next.task.process()
      this.#collect(next)
    }
  }

  flush(): void {
    for (const rig of this.#rigs) {
      rig.task.flushStores()
      this.changelogs.push(...rig.sent.splice(0))
    }
  }

  #next(): TaskRig | undefined {
    return this.#rigs.find(({ task }) => task.bufferedTotal > 0)
  }

  #collect(rig: TaskRig): void {
    for (const { topic, key, value, timestamp, headers } of rig.sent.splice(0)) {
      const named = headers.map(([name, bytes]) => `${name}:${text(bytes)}`)
      this.outputs.push(`${topic} ${text(key)}=${text(value)}@${timestamp} ${named.join()}`)
      this.#route(topic, { key, value, timestamp, headers })
    }
  }

  #route(topic: string, content: Parameters<TaskRig['enqueue']>[1]): void {
    this.#plan.subtopologies.forEach(({ sources }, index) => {
      if (sources.some((source) => source.topic === topic)) this.#rigs[index]!.enqueue(topic, content!)
    })
  }
}

function compacted(records: readonly CollectedRecord[]): readonly CollectedRecord[] {
  const id = ({ topic, key }: CollectedRecord): string => `${topic} ${Buffer.from(key!).toString('hex')}`
  const latest = new Map(records.map((entry) => [id(entry), entry]))
  return records.filter((entry) => latest.get(id(entry)) === entry)
}

function planned(made: Parameters<typeof built>[0]): Plan | undefined {
  try {
    return planTopology(built(made), { applicationId: 'app' })
  } catch (error) {
    if (error instanceof TopologyError) return undefined
    throw error
  }
}

test('tasks that are restored from their changelogs go on as if they had never stopped', async () => {
  const choices = fc.record({ restartAt: fc.nat(29), flushEach: fc.integer({ min: 1, max: 5 }), compact: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(
      steps({ max: 6, named: fc.constant(true) }),
      inputs,
      choices,
      async (made, all, { restartAt, flushEach, compact }) => {
        const plan = planned(made)
        fc.pre(plan !== undefined)
        const whole = await Instance.start(plan, [])
        all.forEach((input) => whole.pipe(input))

        const before = await Instance.start(plan, [])
        const stop = restartAt % all.length
        all.slice(0, stop).forEach((input, index) => {
          before.pipe(input)
          if (index % flushEach === 0) before.flush()
        })
        before.flush()
        const after = await Instance.start(plan, compact ? compacted(before.changelogs) : before.changelogs)
        all.slice(stop).forEach((input) => after.pipe(input))
        expect([...before.outputs, ...after.outputs]).toEqual(whole.outputs)
      },
    ),
    { numRuns: 400 },
  )
}, 60_000)
