import type { Clock } from '../core/clock.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import type { TopicPartition } from '../core/topic-partition.ts'
import { errorChannel } from '../telemetry/channels.ts'
import type { AdminPort } from './port.ts'
import type { TopicPartitionOffset } from './runtime-task.ts'

export interface ChangelogPurgerOptions {
  readonly admin: AdminPort
  readonly clock: Clock
  /** Changelogs whose records expire, with the time in milliseconds of event time after which they do. */
  readonly retentionMs: ReadonlyMap<string, number>
  readonly intervalMs: number
}

/** Every record below `end` bears a time of at most `timestamp`. */
interface Mark {
  readonly end: number
  readonly timestamp: number
}

interface Changelog extends TopicPartition {
  /** The largest timestamp that was written or restored: the stream time of its store. */
  timestamp: number
  marks: Mark[]
  /** An end offset that becomes a mark with the next commit. */
  pendingEnd: number | undefined
}

/** More would only make purging finer. */
const marksMax = 64

/**
 * Deletes from windowed changelogs what has expired in event time, which the broker's clock cannot know (see
 * `eventTimeRetentionMs`). Now and then it notes the end of a changelog together with the largest timestamp so far; when stream time
 * has left that behind by the retention, everything before the noted end goes.
 *
 * An end becomes a mark only with a commit that came after it: until then another member might have owned the task, and the
 * changelog might hold its records, whose times nobody here knows.
 */
export class ChangelogPurger {
  readonly #options: ChangelogPurgerOptions
  readonly #changelogs = new Map<string, Changelog>()
  /** Observed last: a flush writes to one changelog, record after record. */
  #recent: Changelog | undefined
  #lastMs: number
  #request: Promise<void> | undefined

  constructor(options: ChangelogPurgerOptions) {
    this.#options = options
    this.#lastMs = options.clock.monotonic()
  }

  /** A record was written to a changelog, or restored from it. */
  observed(topic: string, partition: number, timestamp: number): void {
    let changelog = this.#recent
    if (changelog?.topic !== topic || changelog.partition !== partition) {
      if (!this.#options.retentionMs.has(topic)) return
      changelog = this.#recent = this.#changelog(topic, partition)
    }
    if (timestamp > changelog.timestamp) changelog.timestamp = timestamp
  }

  #changelog(topic: string, partition: number): Changelog {
    const name = topicPartitionName({ topic, partition })
    let changelog = this.#changelogs.get(name)
    if (changelog === undefined)
      this.#changelogs.set(
        name,
        (changelog = { topic, partition, timestamp: -Infinity, marks: [], pendingEnd: undefined }),
      )
    return changelog
  }

  /** The task has left: whoever comes next restores, and observes everything anew. */
  forget(partition: TopicPartition): void {
    this.#changelogs.delete(topicPartitionName(partition))
    this.#recent = undefined
  }

  /** Everything that was observed is committed. */
  committed(): void {
    for (const changelog of this.#changelogs.values()) {
      const { pendingEnd, marks, timestamp } = changelog
      changelog.pendingEnd = undefined
      if (pendingEnd === undefined || pendingEnd <= (marks.at(-1)?.end ?? 0)) continue
      marks.push({ end: pendingEnd, timestamp })
      if (marks.length > marksMax) changelog.marks = marks.filter((_, index) => index % 2 === 1)
    }
    const { clock, intervalMs } = this.#options
    if (this.#request !== undefined || this.#changelogs.size === 0 || clock.monotonic() - this.#lastMs < intervalMs)
      return
    this.#lastMs = clock.monotonic()
    this.#request = this.#purge()
      .catch((error: Error) => errorChannel.publish({ stage: 'background', answer: 'retry', error, taskId: undefined }))
      .finally(() => (this.#request = undefined))
  }

  /** Resolves when no request is on its way. */
  async idle(): Promise<void> {
    await this.#request
  }

  async #purge(): Promise<void> {
    const expired = [...this.#changelogs.values()].flatMap((changelog) => this.#takeExpired(changelog))
    if (expired.length > 0) await this.#options.admin.deleteRecords(expired)
    const changelogs = [...this.#changelogs.values()]
    for (const topic of new Set(changelogs.map((changelog) => changelog.topic))) {
      const ends = await this.#options.admin.offsets(topic)
      for (const changelog of changelogs) {
        if (changelog.topic === topic)
          changelog.pendingEnd = ends.find(({ partition }) => partition === changelog.partition)?.high
      }
    }
  }

  #takeExpired(changelog: Changelog): readonly TopicPartitionOffset[] {
    const { topic, partition, timestamp, marks } = changelog
    const expiredBefore = timestamp - (this.#options.retentionMs.get(topic) ?? Infinity)
    const last = marks.findLastIndex((mark) => mark.timestamp < expiredBefore)
    if (last === -1) return []
    const offset = marks[last]!.end
    changelog.marks = marks.slice(last + 1)
    return [{ topic, partition, offset }]
  }
}
