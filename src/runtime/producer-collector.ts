import { ProductionError, TopologyError } from '../core/errors.ts'
import { defaultPartition } from '../core/murmur2.ts'
import { payloadLength } from '../core/payload.ts'
import { taskIdName } from '../core/task-id.ts'
import type { TaskId } from '../core/task-id.ts'
import { errorChannel } from '../telemetry/channels.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import { deadLetter } from './dead-letter.ts'
import type { ErrorAnswer, ErrorHandlers } from './error-handlers.ts'
import type { DeliveryFailed, OutgoingRecord, ProducerPort } from './port.ts'
import type { CollectedRecord, RecordCollector } from './record-collector.ts'
import { StickyPartitions } from './sticky-partitions.ts'

export interface ProducerCollectorOptions {
  readonly producer: ProducerPort
  /** For dead letters. */
  readonly applicationId: string
  readonly partitionCounts: ReadonlyMap<string, number>
  /** Partition count of a topic that a record chose and nobody named before; undefined when it does not exist. */
  readonly lookUp: (topic: string) => Promise<number | undefined>
  readonly handlers: ErrorHandlers
  readonly deadLetterTopic: string | null
  /** A changelog record that is lost is state that is lost: its failure is not the handler's to decide. */
  readonly changelogTopics: ReadonlySet<string>
  /** Told of each changelog record that is sent. */
  readonly onChangelog: (record: CollectedRecord, partition: number) => void
  readonly batchBytes: number
}

/** The sender of one record: for metrics and messages. */
interface Sender {
  readonly taskId: string
  readonly nodeName: string
  readonly metrics: TaskMetrics
}

/**
 * Where the output of all tasks meets the producer. Chooses partitions, waits for topics that it hears of for the first time,
 * and asks the produce handler about records that will never be acknowledged. After a `fail` it stays failed: the thread finds
 * the error before it commits anything.
 */
export class ProducerCollector {
  readonly #options: ProducerCollectorOptions
  readonly #counts: Map<string, number>
  readonly #sticky: StickyPartitions
  /** Records for topics whose partition count is being asked for, in order, by topic. */
  readonly #waiting = new Map<
    string,
    { readonly records: [CollectedRecord, DeliveryFailed][]; readonly done: Promise<void> }
  >()
  #failure: Error | undefined
  #deadLetters = 0

  constructor(options: ProducerCollectorOptions) {
    this.#options = options
    this.#counts = new Map(options.partitionCounts)
    this.#sticky = new StickyPartitions(options.batchBytes)
  }

  /** The collector of one task. */
  forTask(id: TaskId, metrics: TaskMetrics): RecordCollector {
    const callbacks = new Map<string, DeliveryFailed>()
    const taskId = taskIdName(id)
    return {
      partitionCount: (topic) => this.#partitionCount(topic),
      send: (record) => {
        let onFailed = callbacks.get(record.nodeName)
        if (onFailed === undefined) {
          const sender = { taskId, nodeName: record.nodeName, metrics }
          onFailed = (outgoing, error) => this.#onFailed(outgoing, error, sender)
          callbacks.set(record.nodeName, onFailed)
        }
        metrics.recordsOut++
        this.#send(record, onFailed)
      },
    }
  }

  /** @throws what a handler answered `fail` to, or a failure that no handler may pass over */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  hasRoom(): boolean {
    return this.#waiting.size === 0 && this.#options.producer.hasRoom()
  }

  async room(): Promise<void> {
    await this.#topicsKnown()
    await this.#options.producer.room()
  }

  /** When it resolves, everything sent before is acknowledged, or a handler let it go. @throws as `check` */
  async flush(): Promise<void> {
    // a dead letter is sent while the flush that reports the failure is on its way: it needs one of its own
    for (let pending = true; pending;) {
      await this.#topicsKnown()
      const sent = this.#deadLetters
      await this.#options.producer.flush()
      pending = this.#waiting.size > 0 || this.#deadLetters !== sent
    }
    this.check()
  }

  #partitionCount(topic: string): number {
    const count = this.#counts.get(topic)
    if (count === undefined) throw new TopologyError([missingTopic(topic)], 'MILLRACE_TOPIC_MISSING')
    return count
  }

  #send(record: CollectedRecord, onFailed: DeliveryFailed): void {
    const { topic, key, value, timestamp, headers } = record
    const count = this.#counts.get(topic)
    if (count === undefined) return this.#sendLater(record, onFailed)
    // only changelogs and the user's partitioners choose the partition themselves
    if (record.partition !== null && this.#options.changelogTopics.has(topic))
      this.#options.onChangelog(record, record.partition)
    const partition = record.partition ?? this.#choosePartition(record, count)
    this.#options.producer.send({ topic, partition, key, value, timestamp, headers }, onFailed)
  }

  #choosePartition({ topic, key, value }: CollectedRecord, count: number): number {
    return key === null
      ? this.#sticky.next(topic, count, value === null ? 0 : payloadLength(value))
      : defaultPartition(key, count)
  }

  #sendLater(record: CollectedRecord, onFailed: DeliveryFailed): void {
    const waiting = this.#waiting.get(record.topic)
    if (waiting !== undefined) {
      waiting.records.push([record, onFailed])
      return
    }
    const records: [CollectedRecord, DeliveryFailed][] = [[record, onFailed]]
    this.#waiting.set(record.topic, { records, done: this.#learnTopic(record.topic, records) })
  }

  async #learnTopic(topic: string, records: readonly [CollectedRecord, DeliveryFailed][]): Promise<void> {
    const fail = (error: Error): void => {
      for (const [record, onFailed] of records) onFailed({ ...record, partition: record.partition ?? 0 }, error)
    }
    try {
      const count = await this.#options.lookUp(topic)
      this.#waiting.delete(topic)
      if (count === undefined) return fail(new TopologyError([missingTopic(topic)], 'MILLRACE_TOPIC_MISSING'))
      this.#counts.set(topic, count)
      for (const [record, onFailed] of records) this.#send(record, onFailed)
    } catch (error) {
      this.#waiting.delete(topic)
      fail(error as Error)
    }
  }

  async #topicsKnown(): Promise<void> {
    while (this.#waiting.size > 0) await Promise.all([...this.#waiting.values()].map(({ done }) => done))
  }

  #onFailed(record: OutgoingRecord, cause: Error, sender: Sender): void {
    const { topic, partition } = record
    const { taskId, nodeName, metrics } = sender
    const message = `${nodeName} could not write to ${topic}: ${cause.message}`
    const error = new ProductionError(message, { topic, partition, nodeName, taskId, cause })
    const answer = this.#answer(error, topic)
    metrics.countError('produce', answer)
    if (errorChannel.hasSubscribers) errorChannel.publish({ stage: 'produce', answer, error, taskId })
    if (answer === 'fail') this.#failure ??= error
    if (answer === 'dead-letter') this.#sendDeadLetter(record, error, sender)
  }

  #answer(error: ProductionError, topic: string): ErrorAnswer {
    const { handlers, changelogTopics, deadLetterTopic } = this.#options
    if (changelogTopics.has(topic) || topic === deadLetterTopic) return 'fail'
    try {
      const answer = handlers.produce(error, null)
      if (answer !== 'dead-letter' || deadLetterTopic !== null) return answer
      this.#fail('the produce handler answered dead-letter, but no deadLetterTopic is configured', error)
    } catch (thrown) {
      this.#fail('the produce handler itself threw', thrown)
    }
    return 'fail'
  }

  #fail(message: string, cause: unknown): void {
    this.#failure ??= new ProductionError(message, { cause })
  }

  #sendDeadLetter(record: OutgoingRecord, error: ProductionError, { taskId, nodeName, metrics }: Sender): void {
    this.#deadLetters++
    metrics.recordsOut++
    const { applicationId } = this.#options
    const dead = deadLetter(
      this.#options.deadLetterTopic ?? '',
      { ...record, offset: null, taskId, nodeName, applicationId },
      error,
    )
    this.#send(dead, (lost, cause) => this.#onFailed(lost, cause, { taskId, nodeName, metrics }))
  }
}

function missingTopic(topic: string): { path: string; problem: string; remedy: string } {
  return { path: `topic ${topic}`, problem: 'it does not exist', remedy: 'create it before records are sent to it' }
}
