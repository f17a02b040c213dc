import type { Clock } from '../core/clock.ts'
import type { SerializationError } from '../core/errors.ts'
import { noRetries, retryDelayMs } from '../core/retry-policy.ts'
import type { RecordMetadata } from '../core/stream-record.ts'
import { taskIdName, type TaskId } from '../core/task-id.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { DropReason } from '../operators/operator.ts'
import { droppedChannel } from '../telemetry/channels.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import type { AsyncStep } from './async-work-lane.ts'
import { belowState } from './below-state.ts'
import { ErrorDesk } from './error-desk.ts'
import { InFlight } from './in-flight.ts'
import { noRecord, type NodeHost, type NodeRunner } from './node-runner.ts'
import type { FetchedBatch } from './port.ts'
import { RecordRun, type NodeCall } from './record-run.ts'
import { replayOf } from './replay.ts'
import { RunTrace } from './run-trace.ts'
import type { Punctuation } from './punctuation-queue.ts'
import type { RawRecord } from './record-queue.ts'
import type { TopicPartitionOffset } from './runtime-task.ts'
import { TaskInputs, type TaskInput } from './task-inputs.ts'
import { closeRunners, makeRunners, startRunners } from './task-nodes.ts'
import type { TaskOptions, TaskParts } from './task-options.ts'
import { TaskPunctuations } from './task-punctuations.ts'
import { TaskStores, type TaskStore } from './task-stores.ts'
import { TaskTime } from './task-time.ts'

/**
 * One sub-topology on one partition number: queues of records in, operators and stores, records out. Everything inside is
 * synchronous and deterministic: the same records in the same batches give the same output (docs/ARCHITECTURE.md, law 3).
 */
export class Task implements NodeHost {
  readonly id: TaskId
  readonly stores: ReadonlyMap<string, TaskStore>
  readonly inputs: readonly TopicPartition[]
  readonly inFlight: InFlight
  readonly #in: TaskInputs
  readonly #stores: TaskStores
  readonly #metrics: TaskMetrics
  readonly #errors: ErrorDesk
  readonly #runners: ReadonlyMap<string, NodeRunner>
  readonly #clock: Pick<Clock, 'now'>
  /** How the record in hand goes through the nodes. */
  readonly run: RecordRun
  readonly #punctuations: TaskPunctuations
  readonly #time: TaskTime
  /** The one whose head is being processed, or is held. */
  #inHand: TaskInput | undefined
  /** What time last ran by itself. */
  #mover: 'idle time' | 'a punctuation' = 'a punctuation'

  constructor(options: TaskOptions, parts: TaskParts) {
    this.id = parts.id
    this.stores = parts.stores
    this.#stores = new TaskStores(parts.id, parts.stores, options.collector)
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
      as: (step, action) => this.#as(step, action),
    })
    const services = this.#punctuations
    const { collector } = options
    const runners = (this.#runners = makeRunners(this, { ...parts, collector, services, async: this.inFlight }))
    this.#in = new TaskInputs({ ...parts, runners, onDecodeError: (error, raw) => this.#unreadable(error, raw) })
    this.inputs = this.#in.partitions
    const { nodes, sources, stores } = parts
    this.#time = new TaskTime(nodes, sources, { runners, stores, punctuations: this.#punctuations })
  }

  #unreadable(error: SerializationError, raw: RawRecord): void {
    this.#metrics.recordsIn += 1
    this.#errors.decodeFailed(error, raw)
  }

  /** A promise when records of the batch need I/O before they can be decoded (unknown schemas): await it, then `enqueue`. */
  prime(batch: FetchedBatch): Promise<void> | undefined {
    return this.#in.prime(batch)
  }

  /** @throws SerializationError when the first record cannot be decoded and the handler says `fail` */
  enqueue(batch: FetchedBatch): void {
    this.#in.enqueue(batch)
  }

  bufferedCount(partition: TopicPartition): number {
    return this.#in.bufferedCount(partition)
  }

  get bufferedTotal(): number {
    return this.#in.bufferedTotal
  }

  /**
   * Timestamp of the record that goes next; undefined when nothing is buffered, what is in hand waits to be tried again, or too
   * much is in flight for another one.
   */
  nextTimestamp(): number | undefined {
    const { run } = this
    if (run.held)
      return run.isDue(this.#clock.now()) ? (this.#inHand?.queue.head!.timestamp ?? run.heldTimestamp) : undefined
    if (!this.inFlight.hasRoom) return undefined
    return this.#in.next?.queue.head!.timestamp
  }

  emptyInputs(): readonly TopicPartition[] {
    // What is held was ready when it was begun.
    return this.run.held ? [] : this.#in.empty
  }

  /**
   * Processes exactly one record, the next one of its inputs. A record that is held goes on, and stays the next one for as long as
   * it is.
   */
  process(): void {
    const { run } = this
    const wasHeld = run.held
    if (wasHeld) run.resume()
    else if (!this.#take(this.#in.next!)) return
    if (run.held) return
    this.#done()
    if (wasHeld) this.inFlight.resume()
  }

  /** False when the record is not to be processed. */
  #take(input: TaskInput): boolean {
    const { queue } = input
    this.#metrics.recordsIn += 1
    if (this.#turnsAway(input)) {
      queue.advance()
      return false
    }
    this.#inHand = input
    this.run.input = queue
    this.#time.advance(queue.head!.timestamp)
    input.entry.process(queue.head!)
    return true
  }

  /** What was begun is done: the head of a queue, or what was held of a call's result or of what time brought about. */
  #done(): void {
    const { run } = this
    const input = this.#inHand
    this.#inHand = undefined
    if (input !== undefined && !run.stopped) input.parkedKeys?.resolved(input.queue.rawHead())
    run.end()
    input?.queue.advance()
    this.#runStreamTime()
  }

  /** Not while a record is held, but when it is done. */
  #runStreamTime(): void {
    if (this.run.held) return
    this.#punctuations.runStreamTime(this.#runPunctuation)
  }

  /** The record is not to be processed: its key is parked, or it was done before. */
  #turnsAway({ queue, parkedKeys }: TaskInput): boolean {
    if (parkedKeys === undefined) return false
    const raw = queue.rawHead()
    const reason = parkedKeys.turnsAway(raw, this.#errors)
    if (reason === null) this.run.trace?.start(replayOf(raw.headers)?.path ?? [])
    else this.dropped(queue.nodeName, reason)
    return reason !== null
  }

  /** Once, before the first record, when the stores are restored. @throws ProcessingError when a processor's `init` fails */
  start(): void {
    startRunners(this.#runners.values(), this.#errors)
  }

  /** Lets go of the processors. */
  close(): void {
    this.inFlight.abort(new Error(`the task ${taskIdName(this.id)} stops here, or moves to another instance`))
    closeRunners(this.#runners.values())
  }

  /** Runs what is due by wall clock. False when nothing was. @throws ProcessingError when a punctuation fails */
  punctuate(nowMs: number): boolean {
    if (this.run.held) return false
    return this.#punctuations.runWallClock(nowMs, this.#runPunctuation)
  }

  /** When the next punctuation, or a record that is held, is due by wall clock; undefined when there is none. */
  get nextPunctuationMs(): number | undefined {
    return this.heldUntilMs ?? this.#punctuations.nextWallClockMs
  }

  /** When a record that is held is tried again, by wall clock; undefined when none is. */
  get heldUntilMs(): number | undefined {
    return this.run.held ? this.run.dueMs : undefined
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
    this.#mover = 'idle time'
    this.#time.elapse(ms)
    this.#runStreamTime()
  }

  /** Topics to which it will write records of the past, when time has passed. */
  get heldTopics(): readonly string[] {
    return this.#time.heldTopics
  }

  readonly #runPunctuation = ({ nodeName, run }: Punctuation, time: number): void => {
    this.#mover = 'a punctuation'
    try {
      run(time)
    } catch (thrown) {
      this.#errors.failedOutside(thrown, nodeName, 'a punctuation')
    }
  }

  /** None while a record is held: its state is half done, and a commit shows one moment between two records. */
  offsetsToCommit(): readonly TopicPartitionOffset[] {
    return this.run.held ? [] : this.#in.offsetsToCommit(this.inFlight)
  }

  committed(): void {
    if (this.run.held) return
    this.#in.committed(this.inFlight)
    this.#stores.committed()
  }

  /** Writes what changed in the stores to their changelogs. */
  flushStores(): void {
    if (this.run.held) return
    this.#punctuations.commitRequested = false
    this.#stores.flush()
  }

  get changedEntries(): number {
    return this.run.held ? 0 : this.#stores.changedEntries
  }

  get metadata(): RecordMetadata | undefined {
    const { input } = this.run
    if (input === undefined) return undefined
    const { topic, partition } = input
    return { topic, partition, offset: input.headOffset() }
  }

  /** Results of asynchronous calls come in as if their input record were being processed. */
  #as({ nodeName, origin, tries }: AsyncStep, action: () => void): void {
    const { run } = this
    run.input = origin
    try {
      action()
    } catch (thrown) {
      this.failed(thrown, { node: this.#runners.get(nodeName)!, record: noRecord, tries })
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
    const retry = policy?.retry ?? noRetries
    if (tries < retry.attempts) {
      this.#errors.retries(thrown)
      return this.run.hold(call, this.#clock.now(), retryDelayMs(retry, tries))
    }
    if (input === undefined) this.#errors.failedOutside(thrown, nodeName, this.#mover)
    const raw = input.rawHead()
    const failure = { raw, policy, tries, path: this.run.trace?.path() ?? [] }
    if (this.#errors.processFailed(thrown, nodeName, failure) !== 'park') return
    this.#inHand!.parkedKeys!.poisoned(raw, nodeName)
    this.run.stop()
  }
}
