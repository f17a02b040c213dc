import { planTopology, type Plan, type Topology } from 'millrace'
import type { Headers } from '../../../src/core/stream-record.ts'
import { failOnError, type ErrorHandlers } from '../../../src/runtime/error-handlers.ts'
import type { CollectedRecord } from '../../../src/runtime/record-collector.ts'
import { createTask } from '../../../src/runtime/create-task.ts'
import type { Task } from '../../../src/runtime/task.ts'
import type { SchemaRegistry } from '../../../src/serde/schema-registry.ts'
import type { StateStore } from '../../../src/state/state-store.ts'
import { TaskMetrics } from '../../../src/telemetry/task-metrics.ts'
import { memoryBatch, type BatchRecord } from '../../../src/testing/memory-batch.ts'
import { inBytes, type InBytes } from '../../support/in-bytes.ts'

export interface RigOptions {
  readonly handlers?: Partial<ErrorHandlers>
  readonly deadLetterTopic?: string
  readonly registry?: SchemaRegistry
  readonly partition?: number
  readonly subtopology?: number
  /** Of each topic; default 0. */
  readonly firstOffset?: number
  readonly globalStores?: ReadonlyMap<string, StateStore>
  /** Sees each record before it is kept; what it throws, `send` throws. */
  readonly onSend?: (record: CollectedRecord) => void
}

export type SentRecord = InBytes<CollectedRecord>

/** One task and everything that it sent. */
export interface TaskRig {
  readonly task: Task
  readonly sent: SentRecord[]
  readonly metrics: TaskMetrics
  enqueue(topic: string, ...records: readonly Partial<BatchRecord>[]): void
  /** Processes one record, and what asynchronous operators answer to at once. */
  process(): void
  /** Processes all that is buffered. */
  run(): void
  /** What went to a topic since the last call, as `key=value@timestamp`. */
  take(topic: string): readonly string[]
}

export async function taskRig(topology: Topology, options: RigOptions = {}): Promise<TaskRig> {
  return planRig(planTopology(topology, { applicationId: 'app' }), options)
}

export async function planRig(plan: Plan, options: RigOptions = {}): Promise<TaskRig> {
  const { handlers, deadLetterTopic = null, registry, partition = 0, subtopology = 0, onSend } = options
  const { globalStores = new Map(), firstOffset = 0 } = options
  const sent: SentRecord[] = []
  const metrics = new TaskMetrics(`${subtopology}_${partition}`)
  const task = await createTask({
    id: { subtopology, partition },
    subtopology: plan.subtopologies[subtopology]!,
    applicationId: plan.applicationId,
    registry,
    collector: {
      partitionCount: () => 3,
      send(record) {
        onSend?.(record)
        sent.push(inBytes(record))
      },
    },
    handlers: { ...failOnError, ...handlers },
    deadLetterTopic,
    metrics,
    clock: { now: () => 0, setTimer: () => ({ cancel: () => {} }) },
    globalStores,
  })
  const offsets = new Map<string, number>()
  const take = (topic: string): readonly string[] => {
    const taken = sent.filter((record) => record.topic === topic)
    sent.splice(0, Infinity, ...sent.filter((record) => record.topic !== topic))
    return taken.map(({ key, value, timestamp }) => `${text(key)}=${text(value)}@${timestamp}`)
  }
  const process = (): void => {
    task.process()
    do task.inFlight.turnEnded(task.bufferedTotal > 0)
    while (task.inFlight.deliver())
  }
  return {
    task,
    sent,
    metrics,
    take,
    process,
    run() {
      while (task.bufferedTotal > 0) process()
    },
    enqueue(topic, ...records) {
      const first = offsets.get(topic) ?? firstOffset
      offsets.set(topic, first + records.length)
      task.enqueue(
        memoryBatch(
          { topic, partition },
          records.map((record, index) => ({ ...blank, offset: first + index, ...record })),
        ),
      )
    },
  }
}

const noHeaders: Headers = []
const blank = { timestamp: 0, key: null, value: null, headers: noHeaders }

/** A record of texts. */
export function record(key: string | null, value: string | null, timestamp: number): Partial<BatchRecord> {
  return { key: bytes(key), value: bytes(value), timestamp }
}

export function bytes(content: string | null): Uint8Array | null {
  return content === null ? null : Buffer.from(content)
}

export function text(content: Uint8Array | null): string | null {
  return content === null ? null : Buffer.from(content).toString()
}
