import { MillraceError, SerializationError } from '../core/errors.ts'
import { noHeaders, type RecordMetadata } from '../core/stream-record.ts'
import { taskIdName, type TaskId } from '../core/task-id.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { DropReason } from '../operators/operator.ts'
import type { PlanNode, PlanSource, Subtopology } from '../planner/plan.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import { droppedChannel } from '../telemetry/channels.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import { OperatorFactory } from './create-operator.ts'
import { bindSerde, createStore, type BoundStore } from './create-store.ts'
import { ErrorDesk } from './error-desk.ts'
import type { ErrorHandlers } from './error-handlers.ts'
import { NodeRunner, type NodeHost } from './node-runner.ts'
import type { FetchedBatch } from './port.ts'
import { primeBatch } from './prime-batch.ts'
import type { RecordCollector } from './record-collector.ts'
import { RecordQueue, type RawRecord } from './record-queue.ts'
import { SinkOperator } from './sink-operator.ts'

export interface TaskOptions {
  readonly id: TaskId
  readonly subtopology: Subtopology
  /** The source topics that have a partition of the task's number; default: all. */
  readonly topics?: ReadonlySet<string>
  readonly applicationId: string
  readonly registry: SchemaRegistry | undefined
  readonly collector: RecordCollector
  readonly handlers: ErrorHandlers
  readonly deadLetterTopic: string | null
  readonly metrics: TaskMetrics
}

export interface TaskStore extends BoundStore {
  readonly changelogTopic: string
}

/** Builds a task: binds serdes (which may ask the registry), makes its stores, queues and operators. */
export async function createTask(options: TaskOptions): Promise<Task> {
  const { id, subtopology, registry, topics } = options
  const stores = new Map<string, TaskStore>()
  for (const spec of subtopology.stores) {
    stores.set(spec.name, { ...(await createStore(spec, registry)), changelogTopic: spec.changelogTopic })
  }
  const sources = subtopology.sources.filter(({ topic }) => topics === undefined || topics.has(topic))
  const bound = await Promise.all(sources.map((source) => bindBoth(source, source.topic, registry)))
  const nodes = await Promise.all(subtopology.nodes.map((node) => bindSink(node, options)))
  return new Task(options, { id, stores, sources: bound, nodes })
}

async function bindBoth<T extends Pick<PlanSource, 'key' | 'value'>>(
  owner: T,
  topic: string,
  registry: SchemaRegistry | undefined,
): Promise<T> {
  const key = await bindSerde(owner.key, { topic, part: 'key', registry })
  const value = await bindSerde(owner.value, { topic, part: 'value', registry })
  return { ...owner, key, value }
}

/** Where each record names its topic, a serde with a registry is bound to the name of the node instead. */
async function bindSink(node: PlanNode, { applicationId, registry }: TaskOptions): Promise<PlanNode> {
  if (node.operator.kind !== 'sink') return node
  const { topic } = node.operator
  return {
    ...node,
    operator: await bindBoth(
      node.operator,
      typeof topic === 'string' ? topic : `${applicationId}-${node.name}`,
      registry,
    ),
  }
}

interface TaskParts {
  readonly id: TaskId
  readonly stores: ReadonlyMap<string, TaskStore>
  readonly sources: readonly PlanSource[]
  readonly nodes: readonly PlanNode[]
}

/**
 * One sub-topology on one partition number: queues of records in, operators and stores, records out. Everything inside is
 * synchronous and deterministic: the same records in the same batches give the same output (docs/ARCHITECTURE.md, law 3).
 */
export class Task implements NodeHost {
  readonly id: TaskId
  readonly stores: ReadonlyMap<string, TaskStore>
  readonly inputs: readonly TopicPartition[]
  readonly #queues: readonly RecordQueue[]
  readonly #queueOf = new Map<string, RecordQueue>()
  readonly #serdesOf = new Map<string, PlanSource>()
  readonly #entryOf = new Map<RecordQueue, NodeRunner>()
  readonly #collector: RecordCollector
  readonly #metrics: TaskMetrics
  readonly #errors: ErrorDesk
  #current: RecordQueue | undefined

  constructor(options: TaskOptions, parts: TaskParts) {
    this.id = parts.id
    this.stores = parts.stores
    this.#collector = options.collector
    this.#metrics = options.metrics
    this.#errors = new ErrorDesk({ ...options, taskId: taskIdName(parts.id) })
    const runners = this.#build(parts)
    this.#queues = parts.sources.map((source) => this.#addInput(source, runners.get(source.nodeName)!))
    this.inputs = this.#queues.map(({ topic, partition }) => ({ topic, partition }))
  }

  #build({ nodes, stores }: TaskParts): ReadonlyMap<string, NodeRunner> {
    const plain = new Map([...stores].map(([name, { store }]) => [name, store]))
    const factory = new OperatorFactory(plain, (spec) => new SinkOperator(spec, this.#collector))
    const runners = new Map(
      nodes.map((node) => [node.name, new NodeRunner(node.name, factory.create(node.operator), this)]),
    )
    for (const node of nodes) for (const child of node.children) runners.get(node.name)!.addChild(runners.get(child)!)
    for (const runner of runners.values()) runner.init()
    return runners
  }

  #addInput(source: PlanSource, entry: NodeRunner): RecordQueue {
    const { key, value } = source
    const { partition } = this.id
    const onDecodeError = (error: SerializationError, raw: RawRecord): void => {
      this.#metrics.recordsIn += 1
      this.#errors.decodeFailed(error, raw)
    }
    const queue = new RecordQueue({ source, partition, taskId: taskIdName(this.id), key, value, onDecodeError })
    this.#queueOf.set(source.topic, queue)
    this.#serdesOf.set(source.topic, source)
    this.#entryOf.set(queue, entry)
    return queue
  }

  /** A promise when records of the batch need I/O before they can be decoded (unknown schemas): await it, then `enqueue`. */
  prime(batch: FetchedBatch): Promise<void> | undefined {
    return primeBatch(batch, this.#serdesOf.get(batch.topic)!)
  }

  /** @throws SerializationError when the first record cannot be decoded and the handler says `fail` */
  enqueue(batch: FetchedBatch): void {
    this.#queueOf.get(batch.topic)!.enqueue(batch)
  }

  bufferedCount({ topic }: TopicPartition): number {
    return this.#queueOf.get(topic)!.size
  }

  get bufferedTotal(): number {
    return this.#queues.reduce((total, queue) => total + queue.size, 0)
  }

  /** Timestamp of the record that goes next; undefined when nothing is buffered. */
  nextTimestamp(): number | undefined {
    return this.#nextQueue()?.head!.timestamp
  }

  emptyInputs(): readonly TopicPartition[] {
    return this.#queues.filter((queue) => queue.size === 0)
  }

  /** Processes exactly one record: the one with the smallest timestamp; of equal ones that of the source declared first. */
  process(): void {
    const queue = this.#nextQueue()!
    this.#current = queue
    this.#metrics.recordsIn += 1
    try {
      this.#entryOf.get(queue)!.process(queue.head!)
    } finally {
      this.#current = undefined
    }
    queue.advance()
  }

  offsetsToCommit(): readonly (TopicPartition & { readonly offset: number })[] {
    return this.#queues.flatMap((queue) => {
      const offset = queue.offsetToCommit()
      return offset === undefined ? [] : [{ topic: queue.topic, partition: queue.partition, offset }]
    })
  }

  committed(): void {
    for (const queue of this.#queues) queue.committed()
  }

  /** Writes what changed in the stores to their changelogs. */
  flushStores(): void {
    const { partition } = this.id
    for (const [nodeName, { store, changelogTopic: topic }] of this.stores) {
      try {
        store.flushChangelog((key, value, timestamp) => {
          this.#collector.send({ topic, partition, key, value, timestamp, headers: noHeaders, nodeName })
        })
      } catch (cause) {
        throw this.#unwritable(cause, { topic, nodeName })
      }
    }
  }

  /** A value that its store's serde refuses shows only here: no handler can take it out of the store again. */
  #unwritable(cause: unknown, { topic, nodeName }: { topic: string; nodeName: string }): unknown {
    if (cause instanceof MillraceError && !(cause instanceof SerializationError)) return cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `the store ${nodeName} holds what its serde cannot write to ${topic}: ${reason}`
    const { partition } = this.id
    return new SerializationError('encode', message, { topic, partition, nodeName, taskId: taskIdName(this.id), cause })
  }

  get changedEntries(): number {
    let count = 0
    for (const { store } of this.stores.values()) count += store.changedCount
    return count
  }

  get metadata(): RecordMetadata | undefined {
    if (this.#current === undefined) return undefined
    const { topic, partition } = this.#current
    return { topic, partition, offset: this.#current.headOffset() }
  }

  dropped(nodeName: string, reason: DropReason): void {
    this.#metrics.countDropped(reason)
    if (!droppedChannel.hasSubscribers) return
    const { topic, partition, offset } = this.metadata ?? {}
    droppedChannel.publish({ taskId: taskIdName(this.id), nodeName, reason, topic, partition, offset })
  }

  failed(thrown: unknown, nodeName: string): void {
    this.#errors.processFailed(thrown, nodeName, this.#current!.rawHead())
  }

  #nextQueue(): RecordQueue | undefined {
    let next: RecordQueue | undefined
    for (const queue of this.#queues) {
      if (queue.head !== null && (next === undefined || queue.head.timestamp < next.head!.timestamp)) next = queue
    }
    return next
  }
}
