import { durationMs, type Duration } from '../core/duration.ts'
import { TopologyError } from '../core/errors.ts'
import { planTopology } from '../planner/plan-topology.ts'
import type { Plan } from '../planner/plan.ts'
import { failOnError, type ErrorHandlers } from '../runtime/error-handlers.ts'
import type { CollectedRecord, RecordCollector } from '../runtime/record-collector.ts'
import { createGlobalTables, type GlobalTable } from '../runtime/global-table.ts'
import { createTask } from '../runtime/create-task.ts'
import type { Task } from '../runtime/task.ts'
import { TaskIdleness } from '../runtime/task-idleness.ts'
import type { ReaderOf } from '../queries/reader.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type { DeclaredQueryable } from '../topology/queryables.ts'
import type { StateStore } from '../state/state-store.ts'
import { driverReaders, type DriverReaders } from './driver-readers.ts'
import { DriverTopics, type WrittenRecord } from './driver-topics.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { ReadOnlyKeyValueStore } from '../state/key-value-store.ts'
import type { ReadOnlySessionStore } from '../state/session-store.ts'
import type { ReadOnlyWindowStore } from '../state/window-store.ts'
import { snapshotMetrics, type AppMetrics } from '../telemetry/metrics-snapshot.ts'
import { MetricsRegistry, type TaskMetrics } from '../telemetry/task-metrics.ts'
import type { Topology } from '../topology/topology.ts'
import { MockTimers } from './mock-timers.ts'
import { bindSerdes, TestInputTopic, TestOutputTopic, type TestTopicSerdes } from './test-topics.ts'
import { wholePlan } from './whole-plan.ts'

/** What stands around a topology under test. */
export interface TestDriverOptions {
  /** Default: the topology's name. */
  readonly applicationId?: string
  /** For topologies with registry serdes; `memoryRegistry()` does. */
  readonly registry?: SchemaRegistry
  /** Answers to failing records; default: everything fails, and `pipe` throws. */
  readonly errors?: Partial<ErrorHandlers>
  readonly deadLetterTopic?: string
  /**
   * The app's `idleAfterMs`: when the wall clock has been advanced by so much since the last input, stream time follows it. Default:
   * it does not.
   */
  readonly idleAfter?: Duration
}

/** Sets a topology up to be driven by hand. Asynchronous because serdes may have to ask a registry. */
export async function createTestDriver<Q>(
  topology: Topology<Q>,
  options: TestDriverOptions = {},
): Promise<TopologyTestDriver<Q>> {
  const plan = planTopology(topology, { applicationId: options.applicationId ?? topology.name })
  const driver = new TopologyTestDriver<Q>(plan, options)
  await driver.start()
  return driver
}

/**
 * Runs a topology without a broker, synchronously and the same way every time (Kafka Streams: TopologyTestDriver).
 *
 * All sub-topologies run as one task on one partition. Each input is processed to the end, repartition topics included, before
 * `pipe` returns; among records that wait in internal topics the one with the smallest timestamp goes first. State is
 * committed after each input. Event time moves only by the records' timestamps, the wall clock only by `advanceWallClockTime`.
 * What `mapAsync` and `mapBatch` wait for goes on after `pipe` has returned: `await driver.settled()` before you read.
 */
export class TopologyTestDriver<Q = Record<never, never>> {
  readonly plan: Plan
  readonly #options: TestDriverOptions
  readonly #metrics = new MetricsRegistry()
  readonly #topics = new DriverTopics()
  /** Those that the topology reads. */
  readonly #sources: ReadonlySet<string>
  /** By topic. */
  #globalTables: ReadonlyMap<string, GlobalTable> = new Map()
  /** Written by the record that is being processed; seen by the next (as in Kafka Streams). */
  readonly #globalWrites: (() => void)[] = []
  readonly #counters: TaskMetrics = this.#metrics.of(taskId)
  readonly #idleAfterMs: number | null
  #task!: Task
  #makeReader!: DriverReaders
  #idleness!: TaskIdleness
  #piped = 0
  readonly #clock = new MockTimers()
  /** Ends the wait of `settled`. */
  #onReady: () => void = () => {}
  #failure: { readonly error: unknown } | undefined

  constructor(plan: Plan, options: TestDriverOptions) {
    this.plan = plan
    this.#options = options
    this.#idleAfterMs = options.idleAfter === undefined ? null : durationMs(options.idleAfter, 'idleAfter')
    const sources = plan.subtopologies.flatMap((subtopology) => subtopology.sources)
    this.#sources = new Set([...sources, ...plan.globalTables].map(({ topic }) => topic))
  }

  /** Called by `createTestDriver`. */
  async start(): Promise<void> {
    const { registry, errors, deadLetterTopic = null } = this.#options
    const handlers = { ...failOnError, ...errors }
    const tables = await createGlobalTables(this.plan.globalTables, { registry, handlers })
    this.#globalTables = new Map([...tables.values()].map((table) => [table.topic, table]))
    const collector: RecordCollector = { partitionCount: () => 1, send: (record) => this.#collect(record) }
    this.#task = await createTask({
      id: taskId,
      subtopology: wholePlan(this.plan),
      applicationId: this.plan.applicationId,
      registry,
      collector,
      handlers,
      deadLetterTopic,
      metrics: this.#counters,
      globalStores: new Map([...tables].map(([name, { store }]) => [name, store])),
      clock: this.#clock,
      onReady: () => this.#onReady(),
    })
    const told = { highWatermark: () => 0, position: () => this.#piped, fetchedAtMs: () => this.#clock.now() }
    this.#idleness = new TaskIdleness(this.#task, told, this.#idleAfterMs ?? Infinity)
    this.#task.start()
    this.#makeReader = await driverReaders(this.plan, registry, (name) => this.#store(name))
  }

  /**
   * A topic to write to. The serdes are those with which a producer would write it.
   * @throws TopologyError `MILLRACE_TOPIC_MISSING` when the topology does not read it
   */
  async inputTopic<K, V>(topic: string, serdes: TestTopicSerdes<K, V>): Promise<TestInputTopic<K, V>> {
    this.#checkRead(topic)
    const bound = await bindSerdes(topic, serdes, this.#options.registry)
    return new TestInputTopic(bound, (record) => this.pipe(topic, record))
  }

  /** A topic to read from: what sinks, changelogs and dead letters wrote to it, in order. */
  async outputTopic<K, V>(topic: string, serdes: TestTopicSerdes<K, V>): Promise<TestOutputTopic<K, V>> {
    return new TestOutputTopic(await bindSerdes(topic, serdes, this.#options.registry), this.#topics.written(topic))
  }

  /**
   * One input record in bytes, processed to the end.
   * @throws TopologyError `MILLRACE_TOPIC_MISSING` when the topology does not read the topic
   * @throws what a handler answered `fail` to; an app would have stopped there, so from then on each call throws it again
   */
  pipe(topic: string, record: WrittenRecord): void {
    this.#checkRead(topic)
    this.#run(() => this.#enqueue(topic, record))
    this.#piped += 1
    this.#idleness.observe(this.#clock.now())
  }

  /**
   * Moves the wall clock, which starts at 0, and runs the punctuations that are due by it, each at most once; what they
   * make is processed to the end. On its way it comes by time-outs, retries (of calls, and of `onError`) and the `maxWait` of batches, each at its time. With
   * `idleAfter` stream time may follow, in at most a thousand steps: what comes after a step sees what came out in it.
   * @throws as `pipe`
   */
  advanceWallClockTime(duration: Duration): void {
    const end = this.#clock.now() + durationMs(duration, 'advanceWallClockTime')
    if (this.#idleAfterMs !== null) this.#idleUntil(end)
    this.#moveTo(end)
    this.#run(() => this.#task.punctuate(end))
  }

  #moveTo(end: number): void {
    for (;;) {
      const dueMs = Math.min(this.#clock.nextMs, this.#task.heldUntilMs ?? Infinity)
      if (dueMs > end) break
      this.#run(() => this.#clock.moveTo(dueMs))
    }
    this.#clock.moveTo(end)
  }

  #idleUntil(end: number): void {
    const stepMs = Math.max(1, Math.ceil((end - this.#clock.now()) / idleSteps))
    while (this.#clock.now() < end) {
      this.#moveTo(Math.min(end, this.#clock.now() + stepMs))
      this.#idleness.observe(this.#clock.now())
      const ms = this.#idleness.take()
      if (ms > 0) this.#run(() => this.#task.elapse(ms))
    }
  }

  /**
   * Resolves when nothing is in flight any more, or all that is waits for the wall clock: a retry, or a batch that is not full.
   * A call that never answers never settles; if it has a `timeout`, move the wall clock first.
   * @throws as `pipe`
   */
  async settled(): Promise<void> {
    for (;;) {
      const ready = new Promise<void>((resolve) => (this.#onReady = resolve))
      this.#run(() => {})
      this.#idleness.observe(this.#clock.now())
      const { inFlight, heldUntilMs } = this.#task
      if (inFlight.isEmpty || inFlight.isResting || heldUntilMs !== undefined) return
      await ready
    }
  }

  /** Ends the task: processors are closed. */
  close(): void {
    this.#task.close()
  }

  /** One step of a test and all that follows from it. */
  #run(step: () => void): void {
    if (this.#failure !== undefined) throw this.#failure.error
    try {
      step()
      this.#applyGlobalWrites()
      do this.#processAll()
      while (this.#task.inFlight.deliver())
      this.#task.flushStores()
    } catch (error) {
      this.#failure = { error }
      throw error
    }
    this.#task.committed()
    this.#counters.commits += 1
  }

  /** All that the task can take now. */
  #processAll(): void {
    while (this.#task.nextTimestamp() !== undefined) {
      this.#task.process()
      this.#applyGlobalWrites()
    }
    this.#task.inFlight.turnEnded(false)
  }

  #checkRead(topic: string): void {
    if (this.#sources.has(topic)) return
    throw missing(topic, `it is not read; the topology reads ${[...this.#sources].join(', ')}`)
  }

  #applyGlobalWrites(): void {
    for (const apply of this.#globalWrites.splice(0)) apply()
  }

  /** A store by name; undefined when the topology keeps none of that name. */
  keyValueStore<K, V>(name: string): ReadOnlyKeyValueStore<K, V> | undefined {
    return this.#store(name) as ReadOnlyKeyValueStore<K, V> | undefined
  }

  #store(name: string): StateStore | undefined {
    const global = [...this.#globalTables.values()].find(({ store }) => store.name === name)
    return global?.store ?? this.#task.stores.get(name)?.store
  }

  /**
   * The reader that an app has for what the topology returned under `name`, or for a declared store. In a test its `local` is at hand
   * without waiting: `driver.reader('perPage').local.get('/home')`.
   * @throws QueryError `MILLRACE_STORE_UNKNOWN`
   */
  reader<N extends keyof Q & string>(name: N): ReaderOf<Q[N]>
  reader<D extends StoreDeclaration>(declaration: D): ReaderOf<DeclaredQueryable<D>>
  reader(store: string | StoreDeclaration): unknown {
    return this.#makeReader(store)
  }

  /** The store of a tumbling, hopping or sliding aggregate by name; undefined when there is none. */
  windowStore<K, V>(name: string): ReadOnlyWindowStore<K, V> | undefined {
    return this.#task.stores.get(name)?.store as ReadOnlyWindowStore<K, V> | undefined
  }

  /** The store of a session aggregate by name; undefined when there is none. */
  sessionStore<K, A>(name: string): ReadOnlySessionStore<K, A> | undefined {
    return this.#task.stores.get(name)?.store as ReadOnlySessionStore<K, A> | undefined
  }

  /** Records in, out, dropped by reason, errors by answer. */
  metrics(): AppMetrics {
    return snapshotMetrics(this.#metrics)
  }

  #enqueue(topic: string, record: WrittenRecord): void {
    const batch = this.#topics.fetched(topic, record)
    const table = this.#globalTables.get(topic)
    if (table === undefined) this.#task.enqueue(batch)
    else this.#globalWrites.push(() => table.apply(batch))
  }

  #collect(record: CollectedRecord): void {
    this.#counters.recordsOut += 1
    const written = this.#topics.write(record)
    if (this.#sources.has(record.topic)) this.#enqueue(record.topic, written)
  }
}

/** Of one advance of the wall clock. */
const idleSteps = 1_000

const taskId = { subtopology: 0, partition: 0 } as const

function missing(topic: string, problem: string): TopologyError {
  return new TopologyError([{ path: `topic ${topic}`, problem, remedy: 'check the name' }], 'MILLRACE_TOPIC_MISSING')
}
