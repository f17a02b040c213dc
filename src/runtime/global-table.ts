import { MillraceError, ProductionError, SerializationError } from '../core/errors.ts'
import type { GlobalTableSpec } from '../planner/plan.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { Serde } from '../serde/serde.ts'
import { MemoryKeyValueStore } from '../state/memory-key-value-store.ts'
import { droppedChannel, errorChannel } from '../telemetry/channels.ts'
import { bindSerde } from './create-store.ts'
import type { ErrorHandlers } from './error-handlers.ts'
import type { FetchedBatch } from './port.ts'
import { primeBatch } from './prime-batch.ts'

/** Stands where a task's id stands in events and errors: global tables belong to no task. */
const taskId = 'global'

/** Binds the serdes of every global table of a plan; the tables are empty. By the names of their stores. */
export async function createGlobalTables(
  specs: readonly GlobalTableSpec[],
  options: { readonly registry: SchemaRegistry | undefined; readonly handlers: ErrorHandlers },
): Promise<ReadonlyMap<string, GlobalTable>> {
  const { registry, handlers } = options
  const tables = specs.map(async (spec) => {
    const { store, topic } = spec
    const key = await bindSerde(spec.key, { topic, part: 'key', registry })
    const value = await bindSerde(spec.value, { topic, part: 'value', registry })
    return [store, new GlobalTable(spec, { key, value }, handlers)] as const
  })
  return new Map(await Promise.all(tables))
}

/**
 * A topic as a table that every task of this process reads: all its partitions in one store, which has no changelog, for
 * the topic is one. Written by one updater; tasks read between its batches.
 */
export class GlobalTable {
  readonly topic: string
  readonly store: MemoryKeyValueStore<unknown, unknown>
  readonly #nodeName: string
  readonly #serdes: { readonly key: Serde<unknown>; readonly value: Serde<unknown> }
  readonly #handlers: ErrorHandlers

  constructor(
    spec: GlobalTableSpec,
    serdes: { readonly key: Serde<unknown>; readonly value: Serde<unknown> },
    handlers: ErrorHandlers,
  ) {
    this.topic = spec.topic
    this.store = new MemoryKeyValueStore(spec.store, serdes)
    this.#nodeName = spec.nodeName
    this.#serdes = serdes
    this.#handlers = handlers
  }

  /** A promise when records of the batch need I/O before they can be decoded: await it, then `apply`. */
  prime(batch: FetchedBatch): Promise<void> | undefined {
    return primeBatch(batch, this.#serdes)
  }

  /** @throws SerializationError when a record cannot be decoded and the handler says `fail` */
  apply(batch: FetchedBatch): void {
    for (let at = 0; at < batch.count; at++) {
      const key = batch.keyAt(at)
      if (key === null) {
        this.#drop(batch, at)
        continue
      }
      try {
        this.store.restore(key, batch.valueAt(at), batch.timestampAt(at))
      } catch (thrown) {
        this.#decodeFailed(thrown, batch, at)
      }
    }
  }

  #drop(batch: FetchedBatch, at: number): void {
    if (!droppedChannel.hasSubscribers) return
    const { topic, partition } = batch
    droppedChannel.publish({
      taskId,
      nodeName: this.#nodeName,
      reason: 'null-key',
      topic,
      partition,
      offset: batch.offsetAt(at),
    })
  }

  #decodeFailed(thrown: unknown, batch: FetchedBatch, at: number): void {
    const { topic, partition } = batch
    const offset = batch.offsetAt(at)
    const nodeName = this.#nodeName
    const place = { topic, partition, offset, nodeName, taskId }
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    const message = `the record at ${topic}/${partition}@${offset} of a global table cannot be read: ${reason}`
    const error: MillraceError = new SerializationError('decode', message, { ...place, cause: thrown })
    const record = { ...place, key: batch.keyAt(at), value: batch.valueAt(at), timestamp: batch.timestampAt(at) }
    const answer = this.#handlers.decode(error as SerializationError, { ...record, headers: batch.headersAt(at) })
    if (errorChannel.hasSubscribers) errorChannel.publish({ stage: 'decode', answer, error, taskId })
    if (answer === 'fail') throw error
    if (answer === 'dead-letter') {
      // Every instance reads the record, at every start: each would write it again.
      throw new ProductionError(
        'the decode handler answered dead-letter for a record of a global table: answer continue',
        {
          ...place,
          cause: error,
        },
      )
    }
  }
}
