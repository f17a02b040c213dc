import { FramedLog } from '../log/framed-log.ts'
import type { Storage } from '../log/storage.ts'
import type { TopicConfigs } from './topic-configs.ts'

/** What there is to know of a topic beside its records. */
export interface TopicEntry {
  readonly name: string
  readonly id: string
  readonly partitions: number
  readonly configs: TopicConfigs
}

type Change = { readonly topic: TopicEntry } | { readonly deleted: string }

const path = 'topics.log'

/** The topics as they survive a restart. */
export class TopicJournal {
  readonly #log: FramedLog

  /** `current` gives all topics at any later time. */
  static open(
    storage: Storage,
    current: () => Iterable<TopicEntry>,
  ): { readonly journal: TopicJournal; readonly entries: readonly TopicEntry[] } {
    const entries = new Map<string, TopicEntry>()
    const log = FramedLog.open(storage, path, {
      apply: (payload) => {
        const change = JSON.parse(payload.toString()) as Change
        if ('topic' in change) entries.set(change.topic.name, change.topic)
        else entries.delete(change.deleted)
      },
      snapshot: function* () {
        for (const topic of current()) yield encode({ topic })
      },
    })
    return { journal: new TopicJournal(log), entries: [...entries.values()] }
  }

  private constructor(log: FramedLog) {
    this.#log = log
  }

  /** A topic that is new or has changed; call it when `current` has it. @throws StateError */
  put(topic: TopicEntry): void {
    this.#log.append(encode({ topic }))
  }

  /** Call it when `current` has it no more. @throws StateError */
  delete(name: string): void {
    this.#log.append(encode({ deleted: name }))
  }

  close(): void {
    this.#log.close()
  }
}

function encode(change: Change): Buffer {
  return Buffer.from(JSON.stringify(change))
}
