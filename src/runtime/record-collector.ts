import type { Payload } from '../core/payload.ts'
import type { Headers } from '../core/stream-record.ts'

/** A record on its way out of a task, serialized. */
export interface CollectedRecord {
  readonly topic: string
  /** Null: Kafka's default partitioner decides (murmur2 of the key; any partition for a null key). */
  readonly partition: number | null
  readonly key: Payload | null
  readonly value: Payload | null
  readonly timestamp: number
  readonly headers: Headers
  /** The sink that wrote it, or the store for changelogs: for messages. */
  readonly nodeName: string
}

/** Where a task's output goes: sinks, changelogs and dead letters alike. Synchronous; back-pressure is the runtime's job. */
export interface RecordCollector {
  send(record: CollectedRecord): void
  /** @throws TopologyError `MILLRACE_TOPIC_MISSING` when the topic is not known */
  partitionCount(topic: string): number
}
