import { MillraceError, SerializationError } from '../core/errors.ts'
import { noHeaders } from '../core/stream-record.ts'
import { taskIdName, type TaskId } from '../core/task-id.ts'
import type { BoundStore } from './create-store.ts'
import type { RecordCollector } from './record-collector.ts'
import type { SourceRestore } from './source-restore.ts'

export interface TaskStore extends BoundStore {
  /** What it is restored from. */
  readonly changelogTopic: string
  /** Where that is the topic which its table reads: what fills it; `absent`: the topic has no partition of the task's number. */
  readonly source: SourceRestore | 'absent' | null
}

/** The way of a task's stores to their changelogs. */
export class TaskStores {
  readonly #id: TaskId
  readonly #stores: ReadonlyMap<string, TaskStore>
  readonly #collector: RecordCollector

  constructor(id: TaskId, stores: ReadonlyMap<string, TaskStore>, collector: RecordCollector) {
    this.#id = id
    this.#stores = stores
    this.#collector = collector
  }

  get changedEntries(): number {
    let count = 0
    for (const { store } of this.#stores.values()) count += store.changedCount
    return count
  }

  /** Writes what changed. */
  flush(): void {
    const { partition } = this.#id
    for (const [nodeName, { store, changelogTopic: topic }] of this.#stores) {
      try {
        store.flushChangelog((key, value, timestamp) => {
          this.#collector.send({ topic, partition, key, value, timestamp, headers: noHeaders, nodeName })
        })
      } catch (cause) {
        throw this.#unwritable(cause, { topic, nodeName })
      }
    }
  }

  committed(): void {
    for (const { store } of this.#stores.values()) store.committed?.()
  }

  /** A value that its store's serde refuses shows only here: no handler can take it out of the store again. */
  #unwritable(cause: unknown, { topic, nodeName }: { topic: string; nodeName: string }): unknown {
    if (cause instanceof MillraceError && !(cause instanceof SerializationError)) return cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    const message = `the store ${nodeName} holds what its serde cannot write to ${topic}: ${reason}`
    const { partition } = this.#id
    const taskId = taskIdName(this.#id)
    return new SerializationError('encode', message, { topic, partition, nodeName, taskId, cause })
  }
}
