import type { TaskId } from '../core/task-id.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import { ChangelogPurger } from './changelog-purger.ts'
import { Committer } from './committer.ts'
import { retentionsOf, topicsOf } from './internal-topics.ts'
import type { ConsumerPort, ProducerPort } from './port.ts'
import { ProducerCollector } from './producer-collector.ts'
import type { RecordCollector } from './record-collector.ts'
import { RepartitionPurger } from './repartition-purger.ts'
import type { RuntimeTask } from './runtime-task.ts'
import type { StreamThreadOptions } from './stream-thread-options.ts'

/** All that a thread writes: one producer for its tasks' records, the commits, and what commits make removable from internal topics. */
export class ThreadOutput {
  readonly #producer: ProducerPort
  readonly #collector: ProducerCollector
  readonly #committer: Committer
  readonly #purger: RepartitionPurger
  readonly #changelogPurger: ChangelogPurger

  constructor(options: StreamThreadOptions) {
    const { port, settings, plan } = options
    this.#producer = port.producer({ ...settings, bufferedBytesMax: settings.producerBufferBytesMax })
    const intervalMs = settings.repartitionPurgeIntervalMs
    this.#purger = new RepartitionPurger({ ...options, repartitionTopics: topicsOf(plan, 'repartition'), intervalMs })
    this.#changelogPurger = new ChangelogPurger({ ...options, retentionMs: retentionsOf(plan), intervalMs })
    this.#collector = new ProducerCollector({
      ...options,
      producer: this.#producer,
      applicationId: plan.applicationId,
      lookUp: async (topic) => (await options.admin.partitionCounts([topic])).get(topic),
      deadLetterTopic: settings.deadLetterTopic,
      changelogTopics: topicsOf(plan, 'changelog'),
      onChangelog: ({ topic, timestamp }, partition) => this.observed(topic, partition, timestamp),
      batchBytes: settings.batchBytes,
    })
    this.#committer = new Committer({ ...options, collector: this.#collector, applicationId: plan.applicationId })
  }

  connect(): Promise<void> {
    return this.#producer.connect()
  }

  async close(): Promise<void> {
    await this.#purger.idle()
    await this.#changelogPurger.idle()
    await this.#producer.close()
  }

  forTask(id: TaskId, metrics: TaskMetrics): RecordCollector {
    return this.#collector.forTask(id, metrics)
  }

  /** @throws what a handler answered `fail` to, or a failure that no handler may pass over */
  check(): void {
    this.#collector.check()
  }

  hasRoom(): boolean {
    return this.#collector.hasRoom()
  }

  /** A changelog has a record of this time, written now or met in a restore. */
  observed(topic: string, partition: number, timestamp: number): void {
    this.#changelogPurger.observed(topic, partition, timestamp)
  }

  /** Their changelogs are written by somebody else from now on. */
  forget(tasks: Iterable<RuntimeTask>): void {
    for (const { id, stores } of tasks) {
      for (const { changelogTopic: topic } of stores.values()) {
        this.#changelogPurger.forget({ topic, partition: id.partition })
      }
    }
  }

  /** False when there was nothing to commit, or it could not be for now. @throws as `Committer.commit` */
  async commit(consumer: ConsumerPort, tasks: readonly RuntimeTask[]): Promise<boolean> {
    const offsets = await this.#committer.commit(consumer, tasks)
    if (offsets.length === 0) return false
    this.#purger.committed(offsets)
    this.#changelogPurger.committed()
    return true
  }
}
