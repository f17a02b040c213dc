import { expect } from 'vitest'
import type { Plan } from 'millrace'
import { failOnError } from '../../../src/runtime/error-handlers.ts'
import { createGlobalTables, type GlobalTable } from '../../../src/runtime/global-table.ts'
import type { StateStore } from '../../../src/state/state-store.ts'
import { memoryBatch, type BatchRecord } from '../../../src/testing/memory-batch.ts'
import { planRig, type SentRecord, record, text, type RigOptions, type TaskRig } from './task-rig.ts'

export interface Input {
  readonly topic: string
  readonly key: string | null
  readonly value: string | null
  readonly timestamp: number
}

/** A record that reached a task. */
export interface Arrival {
  readonly topic: string
  readonly content: Partial<BatchRecord>
}

/** All tasks of a plan on partition 0, and the log of every topic that they write or read as a whole. */
export class PlanInstance {
  readonly #plan: Plan
  readonly #firstOffset: number
  readonly #globals: ReadonlyMap<string, GlobalTable>
  readonly rigs: readonly TaskRig[]
  readonly outputs: string[] = []
  /** Changelogs, and what went to global tables. */
  readonly changelogs: SentRecord[] = []
  /** What reached each task, in order. */
  readonly arrivals: readonly Arrival[][]

  constructor(plan: Plan, rigs: readonly TaskRig[], globals: ReadonlyMap<string, GlobalTable>, firstOffset: number) {
    this.#plan = plan
    this.#firstOffset = firstOffset
    this.rigs = rigs
    this.#globals = globals
    this.arrivals = rigs.map(() => [])
  }

  static async start(plan: Plan, changelogs: readonly SentRecord[], options: RigOptions = {}): Promise<PlanInstance> {
    const { tables, stores: globalStores } = await globalTables(plan, changelogs)
    const rigs = await Promise.all(
      plan.subtopologies.map(({ id }) => planRig(plan, { ...options, subtopology: id, globalStores })),
    )
    for (const { task } of rigs) {
      for (const { store, changelogTopic } of task.stores.values()) {
        for (const { topic, key, value, timestamp } of changelogs) {
          if (topic === changelogTopic) store.restore(key!, value, timestamp)
        }
        expect(store.changedCount, `${store.name} has nothing to write after it was restored`).toBe(0)
      }
      task.start()
    }
    return new PlanInstance(plan, rigs, tables, options.firstOffset ?? 0)
  }

  /** Beyond all offsets used so far: what comes after a restart is not what came before it. */
  get nextOffset(): number {
    return this.#firstOffset + Math.max(...this.arrivals.map(({ length }) => length))
  }

  /** Until nothing is left to do. */
  pipe({ topic, ...content }: Input): void {
    this.#route(topic, {
      ...record(content.key, content.value, content.timestamp),
      headers: [['at', Buffer.from(`${content.timestamp}`)]],
    })
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      next.process()
      this.#collect(next)
    }
  }

  flush(): void {
    for (const rig of this.rigs) {
      rig.task.flushStores()
      this.changelogs.push(...rig.sent.splice(0))
    }
  }

  /** A flush, and all that was sent is acknowledged: what stores only write then, too. */
  commit(): void {
    this.flush()
    for (const { task } of this.rigs) task.committed()
    this.flush()
  }

  #next(): TaskRig | undefined {
    return this.rigs.find(({ task }) => task.bufferedTotal > 0)
  }

  #collect(rig: TaskRig): void {
    for (const { topic, key, value, timestamp, headers, partition } of rig.sent.splice(0)) {
      const named = headers.map(([name, bytes]) => `${name}:${text(bytes)}`)
      const where = partition === null ? topic : `${topic}-${partition}`
      this.outputs.push(`${where} ${text(key)}=${text(value)}@${timestamp} ${named.join()}`)
      this.#route(topic, { key, value, timestamp, headers })
    }
  }

  #route(topic: string, content: Partial<BatchRecord>): void {
    for (const table of this.#globals.values()) {
      if (table.topic !== topic) continue
      const written = { ...blank, ...content }
      table.apply(memoryBatch({ topic, partition: 0 }, [written]))
      this.changelogs.push({ ...written, topic, partition: 0, nodeName: topic })
    }
    this.#plan.subtopologies.forEach(({ sources }, index) => {
      if (!sources.some((source) => source.topic === topic)) return
      this.rigs[index]!.enqueue(topic, content)
      this.arrivals[index]!.push({ topic, content })
    })
  }
}

const blank: BatchRecord = { offset: 0, timestamp: 0, key: null, value: null, headers: [] }

/** The global tables of a plan, as the log of their topics left them. */
export async function globalTables(
  plan: Plan,
  log: readonly SentRecord[],
): Promise<{ readonly tables: ReadonlyMap<string, GlobalTable>; readonly stores: ReadonlyMap<string, StateStore> }> {
  const tables = await createGlobalTables(plan.globalTables, { registry: undefined, handlers: failOnError })
  for (const table of tables.values()) {
    const records = log.filter(({ topic }) => topic === table.topic).map((written) => ({ ...written, offset: 0 }))
    table.apply(memoryBatch({ topic: table.topic, partition: 0 }, records))
  }
  return { tables, stores: new Map([...tables].map(([name, { store }]) => [name, store])) }
}

/** The latest record of each key. */
export function compacted(records: readonly SentRecord[]): readonly SentRecord[] {
  const latest = new Map(records.map((entry) => [idOf(entry), entry]))
  return records.filter((entry) => latest.get(idOf(entry)) === entry)
}

function idOf({ topic, key }: SentRecord): string {
  return `${topic} ${key === null ? 'null' : Buffer.from(key).toString('hex')}`
}
