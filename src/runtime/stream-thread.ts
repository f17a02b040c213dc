import { sleep } from '../core/clock.ts'
import { TaskMigratedError } from '../core/errors.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import type { StateStore } from '../state/state-store.ts'
import { errorChannel, rebalanceChannel, type RebalanceEvent } from '../telemetry/channels.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { consumerOptions } from './consumer-options.ts'
import { Bell, drain } from './drain.ts'
import { FlowControl } from './flow-control.ts'
import type { ConsumerPort, FetchedBatch, MemberPlace, RebalanceListener } from './port.ts'
import { restoreTask } from './restore.ts'
import type { RuntimeTask } from './runtime-task.ts'
import { processInTimeOrder } from './scheduler.ts'
import { TaskManager } from './task-manager.ts'
import type { StreamThreadOptions, ThreadPhase } from './stream-thread-options.ts'
import { ThreadOutput } from './thread-output.ts'

/** Longest wait for records when nothing else is due (Kafka Streams: poll.ms). */
const pollMaxWaitMs = 100
/** How soon to look again while the producer has no room. */
const noRoomWaitMs = 5
/** Rejoins in a row without a commit in between, after which the app stops. */
const rejoinsInRowMax = 10

/**
 * One consumer, one producer, and the tasks of the partitions it is given: a loop of poll, take in, process, commit.
 *
 * Rebalances come while it waits in `poll`, or at any other moment; whatever changes tasks or lets them process holds
 * `#exclusive`. Hence: no task processes while it is committed or revoked, and no commit runs inside another one.
 */
export class StreamThread {
  readonly #options: StreamThreadOptions
  readonly #output: ThreadOutput
  readonly #tasks: TaskManager
  readonly #exclusive = new ConcurrencyLimit(1)
  /** Rings when something in flight has ended. */
  readonly #bell = new Bell()
  #consumer: ConsumerPort
  #flow: FlowControl
  #phase: ThreadPhase = 'rebalancing'
  #stopping = false
  #failure: Error | undefined
  #lastCommitMs: number
  #rejoinsInRow = 0
  /** Records were left over when the last turn ended. */
  #behind = false

  constructor(options: StreamThreadOptions) {
    this.#options = options
    const { port, clock, settings } = options
    this.#output = new ThreadOutput(options)
    this.#tasks = this.#makeTasks()
    this.#consumer = port.consumer(consumerOptions(options))
    this.#flow = new FlowControl(this.#consumer, settings.bufferedRecordsPerPartitionMax)
    this.#lastCommitMs = clock.monotonic()
  }

  /**
   * Ends after `stop()`, with everything committed and the group left; rejects with the error that stopped it, nothing
   * committed since.
   */
  async run(): Promise<void> {
    try {
      await this.#output.connect()
      await this.#join()
      while (!this.#stopping) await this.#turn()
      await this.#exclusive.run(() => this.#revoke(this.#tasks.partitions))
      await this.#consumer.close()
      if (this.#failure !== undefined) throw this.#failure
      await this.#output.close()
    } catch (error) {
      this.#failure ??= error as Error
      await this.#abandon()
      throw this.#failure
    }
  }

  /** After a failure nothing is committed, and what cannot be closed in time is left: the error must come out. */
  async #abandon(): Promise<void> {
    const { clock, settings } = this.#options
    this.#tasks.remove(this.#tasks.partitions)
    const inTime = new AbortController()
    const closing = this.#consumer
      .close()
      .then(() => this.#output.close())
      .catch((error: Error) => errorChannel.publish({ stage: 'background', answer: 'fail', error, taskId: undefined }))
    await Promise.race([closing, sleep(clock, settings.shutdownTimeoutMs, inTime.signal)])
    inTime.abort()
  }

  /** Finishes the turn in hand, then commits and leaves. */
  stop(): void {
    this.#stopping = true
  }

  /** What has not been committed: for the message when a shutdown runs out of time. */
  get uncommitted(): readonly TopicPartition[] {
    return this.#tasks.running.flatMap(({ task }) => task.offsetsToCommit())
  }

  storesNamed(name: string): ReadonlyMap<number, StateStore | 'restoring'> {
    return this.#tasks.storesNamed(name)
  }

  members(): readonly MemberPlace[] {
    return this.#consumer.members()
  }

  #join(): Promise<void> {
    const sources = this.#options.plan.subtopologies.flatMap((subtopology) => subtopology.sources)
    return this.#consumer.subscribe([...new Set(sources.map((source) => source.topic))], this.#listener(this.#consumer))
  }

  async #turn(): Promise<void> {
    const routed = this.#tasks.route(await this.#consumer.poll(this.#waitMs()))
    try {
      await this.#exclusive.run(() => this.#work(routed))
    } catch (error) {
      if (!(error instanceof TaskMigratedError)) throw error
      await this.#rejoin(error)
    }
    await this.#options.clock.yield()
  }

  async #work(routed: readonly (readonly [RuntimeTask, FetchedBatch])[]): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    this.#output.check()
    await this.#takeIn(routed)
    if (this.#stopping) return
    const { clock, settings } = this.#options
    if (this.#output.hasRoom()) {
      const { running } = this.#tasks
      for (const { task } of running) task.inFlight.deliver()
      this.#behind =
        processInTimeOrder(running, settings.maxRecordsPerTurn, clock.monotonic()) >= settings.maxRecordsPerTurn
      this.#flow.relieve()
      for (const { task } of running) task.punctuate(clock.now())
      for (const { task } of running) task.inFlight.turnEnded(this.#behind)
      this.#tasks.elapse(clock.monotonic())
    } else {
      this.#tasks.interrupt()
    }
    if (this.#commitDue()) await this.#commit()
  }

  /** The task may have left while the batch was routed or primed: then the batch belongs to somebody else. */
  async #takeIn(routed: readonly (readonly [RuntimeTask, FetchedBatch])[]): Promise<void> {
    for (const [task, batch] of routed) {
      const primed = task.prime(batch)
      if (primed !== undefined) await primed
      if (this.#tasks.taskOf(batch) !== task) continue
      task.enqueue(batch)
      this.#flow.enqueued(task, batch)
    }
  }

  #waitMs(): number {
    if (!this.#output.hasRoom()) return noRoomWaitMs
    if (this.#behind) return 0
    const { clock } = this.#options
    const nowMs = clock.monotonic()
    const toPunctuation = this.#tasks.running.flatMap(({ task }) => (task.nextPunctuationMs ?? Infinity) - clock.now())
    const toCommit = this.#lastCommitMs + this.#options.settings.commitIntervalMs
    const next = Math.min(toCommit, this.#tasks.nextDeadlineMs(nowMs))
    return Math.max(0, Math.min(pollMaxWaitMs, next - nowMs, ...toPunctuation))
  }

  #commitDue(): boolean {
    const { clock, settings } = this.#options
    if (clock.monotonic() - this.#lastCommitMs >= settings.commitIntervalMs) return true
    if (this.#tasks.running.some(({ task }) => task.commitRequested)) return true
    const changed = this.#tasks.running.reduce((sum, { task }) => sum + task.changedEntries, 0)
    return changed >= settings.changedEntriesMax
  }

  async #commit(): Promise<void> {
    const tasks = this.#tasks.running
      .map(({ task }) => task)
      .filter(({ heldUntilMs, inFlight }) => heldUntilMs === undefined && inFlight.mayCommit())
    const committed = await this.#output.commit(this.#consumer, tasks)
    this.#lastCommitMs = this.#options.clock.monotonic()
    if (committed) this.#rejoinsInRow = 0
  }

  /** Another member has our tasks: forget them, and come back as a new member. */
  async #rejoin(error: TaskMigratedError): Promise<void> {
    if (++this.#rejoinsInRow > rejoinsInRowMax) throw error
    errorChannel.publish({ stage: 'background', answer: 'retry', error, taskId: undefined })
    await this.#exclusive.run(async () => this.#drop(this.#tasks.partitions, 'lost'))
    const old = this.#consumer
    this.#consumer = this.#options.port.consumer(consumerOptions(this.#options))
    this.#flow = new FlowControl(this.#consumer, this.#options.settings.bufferedRecordsPerPartitionMax)
    await old.close()
    await this.#join()
  }

  /** Bound to its consumer: a consumer that was left behind has no say any more. */
  #listener(consumer: ConsumerPort): RebalanceListener {
    const whenCurrent = (change: () => Promise<void>): Promise<void> =>
      this.#exclusive.run(async () => {
        if (consumer !== this.#consumer || this.#failure !== undefined) return
        try {
          await change()
        } catch (error) {
          this.#failure ??= error as Error // the loop finds it; the port could do nothing about it
        }
      })
    return {
      onAssigned: (partitions) => whenCurrent(() => this.#assign(partitions)),
      onRevoked: (partitions) => whenCurrent(() => this.#revoke(partitions)),
      onLost: (partitions) => whenCurrent(async () => this.#drop(partitions, 'lost')),
    }
  }

  async #assign(partitions: readonly TopicPartition[]): Promise<void> {
    this.#flow.forget(partitions)
    this.#announce('assigned', await this.#tasks.assign(partitions, this.#consumer))
    this.#setPhase(this.#tasks.restoringCount > 0 ? 'rebalancing' : 'running')
  }

  async #revoke(partitions: readonly TopicPartition[]): Promise<void> {
    const { clock, settings } = this.#options
    // half of what the group, or whoever stops the app, waits for: the commit comes after it
    const timeoutMs = Math.min(settings.rebalanceTimeoutMs, settings.shutdownTimeoutMs) / 2
    try {
      await drain(this.#tasks.runningOf(partitions), { clock, bell: this.#bell, timeoutMs })
      await this.#commit()
      this.#drop(partitions, 'revoked')
    } catch (error) {
      if (!(error instanceof TaskMigratedError)) throw error
      errorChannel.publish({ stage: 'background', answer: 'retry', error, taskId: undefined })
      this.#drop(partitions, 'lost')
    }
  }

  #drop(partitions: readonly TopicPartition[], kind: 'revoked' | 'lost'): void {
    this.#setPhase('rebalancing')
    this.#flow.forget(partitions)
    this.#output.forget(new Set(partitions.flatMap((each) => this.#tasks.taskOf(each) ?? [])))
    this.#announce(kind, this.#tasks.remove(partitions))
  }

  #announce(kind: RebalanceEvent['kind'], tasks: readonly string[]): void {
    rebalanceChannel.publish({ applicationId: this.#options.plan.applicationId, kind, tasks })
  }

  #setPhase(phase: ThreadPhase): void {
    if (phase === this.#phase) return
    this.#phase = phase
    this.#options.onPhase(phase)
  }

  #makeTasks(): TaskManager {
    const { plan, settings } = this.#options
    return new TaskManager({
      ...this.#options,
      subtopologies: plan.subtopologies,
      maxTaskIdleMs: settings.maxTaskIdleMs,
      idleAfterMs: settings.idleAfterMs,
      collectorFor: (id, metrics) => this.#output.forTask(id, metrics),
      restore: (task, metrics, signal) =>
        restoreTask(task, metrics, signal, {
          ...this.#options,
          ...settings,
          groupId: plan.applicationId,
          onRestored: (topic, partition, timestamp) => this.#output.observed(topic, partition, timestamp),
        }),
      onReady: () => {
        this.#bell.ring()
        this.#consumer.wakeup()
      },
      onRunning: () => {
        if (this.#tasks.restoringCount === 0) this.#setPhase('running')
      },
      onFailed: (error) => (this.#failure ??= error),
    })
  }
}
