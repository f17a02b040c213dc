import type { Clock } from '../core/clock.ts'
import { MillraceError, SerializationError } from '../core/errors.ts'
import { noHeaders, type RecordMetadata } from '../core/stream-record.ts'
import { taskIdName, type TaskId } from '../core/task-id.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { DropReason } from '../operators/operator.ts'
import type { PlanNode, PlanSource, Subtopology } from '../planner/plan.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { StateStore } from '../state/state-store.ts'
import { droppedChannel, errorChannel } from '../telemetry/channels.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import { OperatorFactory } from './create-operator.ts'
import type { BoundStore } from './create-store.ts'
import { ErrorDesk } from './error-desk.ts'
import type { ErrorHandlers } from './error-handlers.ts'
import { NodeRunner, type NodeHost } from './node-runner.ts'
import type { FetchedBatch } from './port.ts'
import { primeBatch } from './prime-batch.ts'
import type { RecordCollector } from './record-collector.ts'
import type { Punctuation } from './punctuation-queue.ts'
import { RecordQueue, type RawRecord } from './record-queue.ts'
import { SinkOperator } from './sink-operator.ts'
import type { SourceRestore } from './source-restore.ts'
import { TaskPunctuations } from './task-punctuations.ts'
import { TaskTime } from './task-time.ts'

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
  /** For punctuations. */
  readonly clock: Pick<Clock, 'now'>
  /** By name; shared by all tasks, filled outside them. */
  readonly globalStores?: ReadonlyMap<string, StateStore>
}

export interface TaskStore extends BoundStore {
  /** What it is restored from. */
  readonly changelogTopic: string
  /** Where that is the topic which its table reads: what fills it; `absent`: the topic has no partition of the task's number. */
  readonly source: SourceRestore | 'absent' | null
}

/** What `createTask` made ready: stores, and sources and nodes with bound serdes. */
export interface TaskParts {
  readonly id: TaskId
  readonly stores: ReadonlyMap<string, TaskStore>
  readonly sources: readonly PlanSource[]
  readonly nodes: readonly PlanNode[]
  readonly globalStores: ReadonlyMap<string, StateStore>
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
  readonly #runners: ReadonlyMap<string, NodeRunner>
  readonly #punctuations: TaskPunctuations
  readonly #time: TaskTime
  #current: RecordQueue | undefined
  #isIdling = false

  constructor(options: TaskOptions, parts: TaskParts) {
    this.id = parts.id
    this.stores = parts.stores
    this.#collector = options.collector
    this.#metrics = options.metrics
    this.#errors = new ErrorDesk({ ...options, taskId: taskIdName(parts.id) })
    this.#punctuations = new TaskPunctuations(options.clock)
    const runners = (this.#runners = this.#build(parts))
    this.#queues = parts.sources.map((source) => this.#addInput(source, runners.get(source.nodeName)!))
    this.inputs = this.#queues.map(({ topic, partition }) => ({ topic, partition }))
    const { nodes, sources, stores } = parts
    this.#time = new TaskTime(nodes, sources, { runners, stores, punctuations: this.#punctuations })
  }

  #build({ nodes, stores, globalStores }: TaskParts): ReadonlyMap<string, NodeRunner> {
    const own = [...stores].map(([name, { store }]) => [name, store] as const)
    const plain = new Map([...globalStores, ...own])
    const factory = new OperatorFactory(plain, (spec) => new SinkOperator(spec, this.#collector), this.#punctuations)
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
      this.#time.advance(queue.head!.timestamp)
      this.#entryOf.get(queue)!.process(queue.head!)
    } finally {
      this.#current = undefined
    }
    queue.advance()
    this.#punctuations.runStreamTime((punctuation, time) => this.#punctuate(punctuation, time))
  }

  /** Once, before the first record, when the stores are restored. @throws ProcessingError when a processor's `init` fails */
  start(): void {
    for (const runner of this.#runners.values()) {
      try {
        runner.start()
      } catch (thrown) {
        this.#errors.failedOutside(thrown, runner.nodeName, 'init')
      }
    }
  }

  /** Lets go of the processors; one that fails does not keep the others from it. */
  close(): void {
    for (const runner of this.#runners.values()) {
      try {
        runner.close()
      } catch (error) {
        errorChannel.publish({
          stage: 'process',
          answer: 'continue',
          error: error as Error,
          taskId: taskIdName(this.id),
        })
      }
    }
  }

  /** Runs what is due by wall clock. False when nothing was. @throws ProcessingError when a punctuation fails */
  punctuate(nowMs: number): boolean {
    return this.#punctuations.runWallClock(nowMs, (punctuation, time) => this.#punctuate(punctuation, time))
  }

  /** When the next punctuation is due by wall clock; undefined when there is none. */
  get nextPunctuationMs(): number | undefined {
    return this.#punctuations.nextWallClockMs
  }

  /** A processor asked for it since the last flush. */
  get commitRequested(): boolean {
    return this.#punctuations.commitRequested
  }

  /**
   * So much time has passed without input: stream time moves on by that, and what is due goes out.
   * @throws ProcessingError when a function of the topology fails: there is no record to leave out
   */
  elapse(ms: number): void {
    this.#isIdling = true
    this.#time.elapse(ms)
    this.#isIdling = false
    this.#punctuations.runStreamTime((punctuation, time) => this.#punctuate(punctuation, time))
  }

  /** Topics to which it will write records of the past, when time has passed. */
  get heldTopics(): readonly string[] {
    return this.#time.heldTopics
  }

  #punctuate({ nodeName, run }: Punctuation, time: number): void {
    try {
      run(time)
    } catch (thrown) {
      this.#errors.failedOutside(thrown, nodeName, 'a punctuation')
    }
  }

  offsetsToCommit(): readonly (TopicPartition & { readonly offset: number })[] {
    return this.#queues.flatMap((queue) => {
      const offset = queue.offsetToCommit()
      return offset === undefined ? [] : [{ topic: queue.topic, partition: queue.partition, offset }]
    })
  }

  committed(): void {
    for (const queue of this.#queues) queue.committed()
    for (const { store } of this.stores.values()) store.committed?.()
  }

  /** Writes what changed in the stores to their changelogs. */
  flushStores(): void {
    const { partition } = this.id
    this.#punctuations.commitRequested = false
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
    if (this.#current === undefined)
      this.#errors.failedOutside(thrown, nodeName, this.#isIdling ? 'idle time' : 'a punctuation')
    this.#errors.processFailed(thrown, nodeName, this.#current.rawHead())
  }

  #nextQueue(): RecordQueue | undefined {
    let next: RecordQueue | undefined
    for (const queue of this.#queues) {
      if (queue.head !== null && (next === undefined || queue.head.timestamp < next.head!.timestamp)) next = queue
    }
    return next
  }
}
