import type { SerializationError } from '../core/errors.ts'
import { taskIdName, type TaskId } from '../core/task-id.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { PlanSource } from '../planner/plan.ts'
import type { InFlight } from './in-flight.ts'
import type { NodeRunner } from './node-runner.ts'
import { ParkedKeys, type ParkedKeysStore } from './parked-keys.ts'
import type { FetchedBatch } from './port.ts'
import { primeBatch } from './prime-batch.ts'
import { RecordQueue, type RawRecord } from './record-queue.ts'
import type { TopicPartitionOffset } from './runtime-task.ts'
import type { TaskStore } from './task-stores.ts'

/** One topic of a task. */
export interface TaskInput {
  readonly source: PlanSource
  readonly queue: RecordQueue
  /** Where its records go. */
  readonly entry: NodeRunner
  /** Undefined where nothing below it parks. */
  readonly parkedKeys: ParkedKeys | undefined
}

export interface TaskInputsOptions {
  readonly id: TaskId
  /** Bound, in the order of their declaration. */
  readonly sources: readonly PlanSource[]
  readonly runners: ReadonlyMap<string, NodeRunner>
  readonly stores: ReadonlyMap<string, TaskStore>
  /** Returns when the record is to be left out; throws when the app is to stop. */
  readonly onDecodeError: (error: SerializationError, record: RawRecord) => void
}

const noPartitions: readonly TopicPartition[] = Object.freeze([])

/** What waits in a task to be processed, which of it goes next, and how far each topic has been processed. */
export class TaskInputs {
  readonly partitions: readonly TopicPartition[]
  readonly #inputs: readonly TaskInput[]
  readonly #byTopic: ReadonlyMap<string, TaskInput>

  constructor(options: TaskInputsOptions) {
    this.#inputs = options.sources.map((source) => makeInput(source, options))
    this.#byTopic = new Map(this.#inputs.map((input) => [input.queue.topic, input]))
    this.partitions = this.#inputs.map(({ queue: { topic, partition } }) => ({ topic, partition }))
  }

  prime(batch: FetchedBatch): Promise<void> | undefined {
    return primeBatch(batch, this.#byTopic.get(batch.topic)!.source)
  }

  enqueue(batch: FetchedBatch): void {
    this.#byTopic.get(batch.topic)!.queue.enqueue(batch)
  }

  bufferedCount({ topic }: TopicPartition): number {
    return this.#byTopic.get(topic)!.queue.size
  }

  get bufferedTotal(): number {
    return this.#inputs.reduce((total, { queue }) => total + queue.size, 0)
  }

  /** With nothing buffered. */
  get empty(): readonly TopicPartition[] {
    // Asked before every record, and nearly always there are none.
    for (const { queue } of this.#inputs)
      if (queue.size === 0) return this.partitions.filter((_, at) => this.#inputs[at]!.queue.size === 0)
    return noPartitions
  }

  /** The one whose head has the smallest timestamp; of equal ones that of the source declared first. */
  get next(): TaskInput | undefined {
    let next: TaskInput | undefined
    for (const input of this.#inputs) {
      const { head } = input.queue
      if (head !== null && (next === undefined || head.timestamp < next.queue.head!.timestamp)) next = input
    }
    return next
  }

  offsetsToCommit(inFlight: Pick<InFlight, 'lowestOffset'>): readonly TopicPartitionOffset[] {
    return this.#inputs.flatMap(({ queue }) => {
      const { topic, partition } = queue
      const offset = queue.offsetToCommit(inFlight.lowestOffset(topic))
      return offset === undefined ? [] : [{ topic, partition, offset }]
    })
  }

  committed(inFlight: Pick<InFlight, 'lowestOffset'>): void {
    for (const { queue } of this.#inputs) queue.committed(inFlight.lowestOffset(queue.topic))
  }
}

function makeInput(source: PlanSource, { id, runners, stores, onDecodeError }: TaskInputsOptions): TaskInput {
  const { key, value, nodeName, parkedStore } = source
  const parked = parkedStore === undefined ? undefined : stores.get(parkedStore)
  return {
    source,
    queue: new RecordQueue({ source, partition: id.partition, taskId: taskIdName(id), key, value, onDecodeError }),
    entry: runners.get(nodeName)!,
    parkedKeys: parked === undefined ? undefined : new ParkedKeys(parked.store as ParkedKeysStore),
  }
}
