import type { Clock } from '../core/clock.ts'
import { MillraceError, SerializationError } from '../core/errors.ts'
import { noRetries, retryDelayMs } from '../core/retry-policy.ts'
import { noHeaders, type RecordMetadata } from '../core/stream-record.ts'
import { taskIdName, type TaskId } from '../core/task-id.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { DropReason } from '../operators/operator.ts'
import type { PlanNode, PlanSource, Subtopology } from '../planner/plan.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { StateStore } from '../state/state-store.ts'
import { droppedChannel, errorChannel } from '../telemetry/channels.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import { belowState } from './below-state.ts'
import { OperatorFactory } from './create-operator.ts'
import type { BoundStore } from './create-store.ts'
import { ErrorDesk } from './error-desk.ts'
import type { ErrorHandlers } from './error-handlers.ts'
import { InFlight } from './in-flight.ts'
import type { CurrentInput } from './input-origin.ts'
import { NodeRunner, noRecord, type NodeHost } from './node-runner.ts'
import { ParkedKeys, type ParkedKeysStore } from './parked-keys.ts'
import type { FetchedBatch } from './port.ts'
import { primeBatch } from './prime-batch.ts'
import type { RecordCollector } from './record-collector.ts'
import { RecordRun, type NodeCall } from './record-run.ts'
import { replayOf } from './replay.ts'
import { RunTrace } from './run-trace.ts'
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
  /** For punctuations, and for the time-outs and waits of asynchronous calls. */
  readonly clock: Pick<Clock, 'now' | 'setTimer'>
  /** There is something for `inFlight.deliver`; called at any moment. */
  readonly onReady?: () => void
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
  readonly inFlight: InFlight
  readonly #queues: readonly RecordQueue[]
  readonly #queueOf = new Map<string, RecordQueue>()
  readonly #serdesOf = new Map<string, PlanSource>()
  readonly #entryOf = new Map<RecordQueue, NodeRunner>()
  readonly #collector: RecordCollector
  readonly #metrics: TaskMetrics
  readonly #errors: ErrorDesk
  readonly #runners: ReadonlyMap<string, NodeRunner>
  readonly #parkedKeys = new Map<RecordQueue, ParkedKeys>()
  readonly #clock: Pick<Clock, 'now'>
  /** How the record in hand goes through the nodes. */
  readonly run: RecordRun
  readonly #punctuations: TaskPunctuations
  readonly #time: TaskTime
  /** The queue whose head is being processed, or is held. */
  #inHand: RecordQueue | undefined
  #isIdling = false

  constructor(options: TaskOptions, parts: TaskParts) {
    this.id = parts.id
    this.stores = parts.stores
    this.#collector = options.collector
    this.#metrics = options.metrics
    this.#clock = options.clock
    const parks = parts.sources.some(({ parkedStore }) => parkedStore !== undefined)
    this.run = new RecordRun(parks ? new RunTrace() : null)
    this.#errors = new ErrorDesk({ ...options, taskId: taskIdName(parts.id) })
    this.#punctuations = new TaskPunctuations(options.clock)
    this.inFlight = new InFlight({
      clock: options.clock,
      current: () => this.run.input,
      mayDeliver: () => !this.run.held,
      onReady: options.onReady ?? (() => {}),
      belowState: belowState(parts.nodes),
      as: (nodeName, origin, action) => this.#as(nodeName, origin, action),
    })
    const runners = (this.#runners = this.#build(parts))
    this.#queues = parts.sources.map((source) => this.#addInput(source, runners.get(source.nodeName)!))
    this.inputs = this.#queues.map(({ topic, partition }) => ({ topic, partition }))
    const { nodes, sources, stores } = parts
    this.#time = new TaskTime(nodes, sources, { runners, stores, punctuations: this.#punctuations })
  }

  #build({ nodes, stores, globalStores }: TaskParts): ReadonlyMap<string, NodeRunner> {
    const own = [...stores].map(([name, { store }]) => [name, store] as const)
    const plain = new Map([...globalStores, ...own])
    const factory = new OperatorFactory(plain, (spec) => new SinkOperator(spec, this.#collector), {
      services: this.#punctuations,
      async: this.inFlight,
    })
    const runners = new Map(nodes.map((node) => [node.name, new NodeRunner(node, factory.create(node.operator), this)]))
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
    const parked = source.parkedStore === undefined ? undefined : this.stores.get(source.parkedStore)
    if (parked !== undefined) this.#parkedKeys.set(queue, new ParkedKeys(parked.store as ParkedKeysStore))
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

  /**
   * Timestamp of the record that goes next; undefined when nothing is buffered, what is in hand waits to be tried again, or too
   * much is in flight for another one.
   */
  nextTimestamp(): number | undefined {
    const { run } = this
    if (run.held) return run.isDue(this.#clock.now()) ? (this.#inHand?.head!.timestamp ?? run.heldTimestamp) : undefined
    if (!this.inFlight.hasRoom) return undefined
    return this.#nextQueue()?.head!.timestamp
  }

  emptyInputs(): readonly TopicPartition[] {
    // What is held was ready when it was begun.
    return this.run.held ? [] : this.#queues.filter((queue) => queue.size === 0)
  }

  /**
   * Processes exactly one record: the one with the smallest timestamp; of equal ones that of the source declared first. A record
   * that is held goes on, and stays the next one for as long as it is.
   */
  process(): void {
    const { run } = this
    if (run.held) run.resume()
    else if (!this.#take(this.#nextQueue()!)) return
    if (!run.held) this.#done()
  }

  /** False when the record is not to be processed. */
  #take(queue: RecordQueue): boolean {
    this.#metrics.recordsIn += 1
    if (this.#turnsAway(queue)) {
      queue.advance()
      return false
    }
    this.#inHand = queue
    this.run.input = queue
    this.#time.advance(queue.head!.timestamp)
    this.#entryOf.get(queue)!.process(queue.head!)
    return true
  }

  /** What was begun is done: the head of a queue, or a result of an asynchronous call. */
  #done(): void {
    const { run } = this
    const queue = this.#inHand
    this.#inHand = undefined
    if (queue !== undefined && !run.stopped) this.#parkedKeys.get(queue)?.resolved(queue.rawHead())
    run.end()
    if (queue === undefined) return
    queue.advance()
    this.#punctuations.runStreamTime((punctuation, time) => this.#punctuate(punctuation, time))
  }

  /** The record is not to be processed: its key is parked, or it was done before. */
  #turnsAway(queue: RecordQueue): boolean {
    const parked = this.#parkedKeys.get(queue)
    if (parked === undefined) return false
    const raw = queue.rawHead()
    const reason = parked.turnsAway(raw, this.#errors)
    this.run.trace?.start(replayOf(raw.headers)?.path ?? [])
    if (reason !== null) this.dropped(queue.nodeName, reason)
    return reason !== null
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
    this.inFlight.abort(new Error(`the task ${taskIdName(this.id)} stops here, or moves to another instance`))
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
    if (this.run.held) return false
    return this.#punctuations.runWallClock(nowMs, (punctuation, time) => this.#punctuate(punctuation, time))
  }

  /** When the next punctuation, or a record that is held, is due by wall clock; undefined when there is none. */
  get nextPunctuationMs(): number | undefined {
    if (this.run.held) return this.run.dueMs
    return this.#punctuations.nextWallClockMs
  }

  /** A processor asked for it since the last flush. */
  get commitRequested(): boolean {
    return !this.run.held && (this.#punctuations.commitRequested || this.inFlight.commitRequested)
  }

  /**
   * So much time has passed without input: stream time moves on by that, and what is due goes out.
   * @throws ProcessingError when a function of the topology fails: there is no record to leave out
   */
  elapse(ms: number): void {
    if (this.run.held) return
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

  /** None while a record is held: its state is half done, and a commit shows one moment between two records. */
  offsetsToCommit(): readonly (TopicPartition & { readonly offset: number })[] {
    if (this.run.held) return []
    return this.#queues.flatMap((queue) => {
      const offset = queue.offsetToCommit(this.inFlight.lowestOffset(queue.topic))
      return offset === undefined ? [] : [{ topic: queue.topic, partition: queue.partition, offset }]
    })
  }

  committed(): void {
    if (this.run.held) return
    for (const queue of this.#queues) queue.committed(this.inFlight.lowestOffset(queue.topic))
    for (const { store } of this.stores.values()) store.committed?.()
  }

  /** Writes what changed in the stores to their changelogs. */
  flushStores(): void {
    if (this.run.held) return
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
    if (this.run.held) return 0
    let count = 0
    for (const { store } of this.stores.values()) count += store.changedCount
    return count
  }

  get metadata(): RecordMetadata | undefined {
    const { input } = this.run
    if (input === undefined) return undefined
    const { topic, partition } = input
    return { topic, partition, offset: input.headOffset() }
  }

  /** Results of asynchronous calls come in as if their input record were being processed. */
  #as(nodeName: string, origin: CurrentInput | undefined, action: () => void): void {
    const { run } = this
    run.input = origin
    try {
      action()
    } catch (thrown) {
      this.failed(thrown, { node: this.#runners.get(nodeName)!, record: noRecord, tries: 1 })
    }
    if (!run.held) run.end()
  }

  dropped(nodeName: string, reason: DropReason): void {
    this.#metrics.countDropped(reason)
    if (!droppedChannel.hasSubscribers) return
    const { topic, partition, offset } = this.metadata ?? {}
    droppedChannel.publish({ taskId: taskIdName(this.id), nodeName, reason, topic, partition, offset })
  }

  failed(thrown: unknown, call: NodeCall): void {
    const { node, tries } = call
    const { nodeName, policy } = node
    const { input } = this.run
    if (input === undefined)
      this.#errors.failedOutside(thrown, nodeName, this.#isIdling ? 'idle time' : 'a punctuation')
    const retry = policy?.retry ?? noRetries
    if (tries < retry.attempts) {
      this.#errors.retries(thrown)
      return this.run.hold(call, this.#clock.now(), retryDelayMs(retry, tries))
    }
    const raw = input.rawHead()
    const failure = { raw, policy, tries, path: this.run.trace?.path() ?? [] }
    if (this.#errors.processFailed(thrown, nodeName, failure) !== 'park') return
    this.#parkedKeys.get(this.#inHand!)!.poisoned(raw, nodeName)
    this.run.stop()
  }

  #nextQueue(): RecordQueue | undefined {
    let next: RecordQueue | undefined
    for (const queue of this.#queues) {
      if (queue.head !== null && (next === undefined || queue.head.timestamp < next.head!.timestamp)) next = queue
    }
    return next
  }
}
