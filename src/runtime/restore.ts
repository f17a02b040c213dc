import { TaskCorruptedError } from '../core/errors.ts'
import { taskIdName } from '../core/task-id.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import { restoreChannel } from '../telemetry/channels.ts'
import type { RestoreEvent } from '../telemetry/channels.ts'
import type { TaskMetrics } from '../telemetry/task-metrics.ts'
import type { AdminPort, FetchedBatch, KafkaPort } from './port.ts'
import type { RuntimeTask } from './runtime-task.ts'
import { primeBatch } from './prime-batch.ts'
import { SourceRestore } from './source-restore.ts'
import type { TaskStore } from './task-stores.ts'

export interface RestoreOptions {
  readonly port: KafkaPort
  readonly admin: AdminPort
  /** Whose committed offsets end the restore of a table from its own topic. */
  readonly groupId: string
  readonly clientId: string
  readonly fetchMaxBytes: number
  /** Told of each record that was restored. */
  readonly onRestored: (topic: string, partition: number, timestamp: number) => void
}

interface StoreRestore extends TaskStore {
  readonly topic: string
  readonly partition: number
  readonly from: number
  readonly end: number
  records: number
}

/**
 * Fills a task's stores from their changelogs, up to the end offsets that are read now: what is written later can only be
 * this task's own. Done when the positions reach the ends, whether or not the last offsets hold a record.
 *
 * @returns false when `signal` aborted it: the stores are then half full and the task must be thrown away
 * @throws TaskCorruptedError when a changelog holds what no store wrote; BrokerError when it cannot be read
 */
export async function restoreTask(
  task: RuntimeTask,
  metrics: TaskMetrics,
  signal: AbortSignal,
  options: RestoreOptions,
): Promise<boolean> {
  const restores = await Promise.all(
    [...task.stores.values()].map((store) => rangeOf(store, task.id.partition, options)),
  )
  for (const restore of restores) announce(task, restore, 'started')
  const done = !signal.aborted && (await readAll(restores, signal, options))
  for (const restore of restores) {
    metrics.restoredRecords += restore.records
    announce(task, restore, done ? 'done' : 'aborted')
  }
  return done
}

async function rangeOf(store: TaskStore, partition: number, options: RestoreOptions): Promise<StoreRestore> {
  const { changelogTopic: topic, source } = store
  if (source === 'absent') return { ...store, topic, partition, from: 0, end: 0, records: 0 }
  const { admin } = options
  const offsets = (await admin.offsets(topic)).find((each) => each.partition === partition)
  if (offsets === undefined)
    throw new TaskCorruptedError(`changelog ${topic} has no partition ${partition}`, { topic, partition })
  const end = source === null ? offsets.high : Math.min(offsets.high, await committed({ topic, partition }, options))
  return { ...store, topic, partition, from: offsets.low, end, records: 0 }
}

/** What lies behind it is met as input (Kafka Streams: StoreChangelogReader); 0: everything is. */
async function committed({ topic, partition }: TopicPartition, { admin, groupId }: RestoreOptions): Promise<number> {
  const offsets = await admin.committedOffsets(groupId, [topic])
  return offsets.find((each) => each.partition === partition)?.offset ?? 0
}

async function readAll(
  restores: readonly StoreRestore[],
  signal: AbortSignal,
  options: RestoreOptions,
): Promise<boolean> {
  const open = restores.filter(({ from, end }) => from < end)
  if (open.length === 0) return true
  const byTopic = new Map(open.map((restore) => [restore.topic, restore]))
  const corrupt = new AbortController()
  let problem: Error | undefined
  // Batches whose schemas are being fetched, and, to keep the order, all that came after them.
  let primed: Promise<void> | undefined
  const restoreNow = (restore: StoreRestore, batch: FetchedBatch): void => {
    if (problem !== undefined || signal.aborted) return
    try {
      restoreBatch(restore, batch, options)
    } catch (error) {
      fail(error as Error)
    }
  }
  const fail = (error: Error): void => {
    problem ??= error
    corrupt.abort()
  }
  const onBatch = (batch: FetchedBatch): void => {
    const restore = byTopic.get(batch.topic)
    if (restore === undefined) return
    const wait = primeBatch(batch, restore.serdes)
    if (wait === undefined && primed === undefined) return restoreNow(restore, batch)
    primed = Promise.all([primed, wait]).then(() => restoreNow(restore, batch), fail)
  }
  const restorer = options.port.restorer({ clientId: options.clientId, fetchMaxBytes: options.fetchMaxBytes })
  try {
    // From 0, wherever the log starts by then: retention may move its start while we read.
    const ranges = open.map((restore) => ({ ...restore, from: 0 }))
    await restorer.read(ranges, onBatch, AbortSignal.any([signal, corrupt.signal]))
    await primed
  } catch (error) {
    if (problem === undefined && !signal.aborted) throw error
  } finally {
    await restorer.close()
  }
  if (problem !== undefined) throw problem
  return !signal.aborted
}

function restoreBatch(restore: StoreRestore, batch: FetchedBatch, { onRestored }: RestoreOptions): void {
  const { store, topic, partition, source } = restore
  restore.records += batch.count
  if (source instanceof SourceRestore) return source.apply(batch)
  for (let index = 0; index < batch.count; index++) {
    const key = batch.keyAt(index)
    if (key === null) {
      const offset = batch.offsetAt(index)
      throw new TaskCorruptedError(`changelog ${topic} holds a record without a key: no store wrote it`, {
        topic,
        partition,
        offset,
      })
    }
    const timestamp = batch.timestampAt(index)
    store.restore(key, batch.valueAt(index), timestamp)
    onRestored(topic, partition, timestamp)
  }
}

function announce(task: RuntimeTask, restore: StoreRestore, phase: RestoreEvent['phase']): void {
  if (!restoreChannel.hasSubscribers) return
  const { store, topic, partition, from, end, records } = restore
  restoreChannel.publish({
    taskId: taskIdName(task.id),
    store: store.name,
    topic,
    partition,
    phase,
    from,
    end,
    records,
  })
}
