import type { Headers } from '../core/stream-record.ts'
import type { CollectedRecord } from './record-collector.ts'

/** The bytes of a record that failed, and where it came from or was going. */
export interface DeadRecord {
  readonly topic: string
  readonly partition: number
  /** Null when it failed on its way out: it never got one. */
  readonly offset: number | null
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Headers
  readonly taskId: string
  readonly nodeName: string
}

const encoder = new TextEncoder()

/**
 * The record as it goes to the dead-letter topic: key, value, timestamp and headers as they were, then the cause. Topic,
 * partition, offset, exception and message stand under the names of Kafka Streams (KIP-1034), so that its tools can replay
 * ours; node and task are ours alone.
 */
export function deadLetter(deadLetterTopic: string, record: DeadRecord, error: Error): CollectedRecord {
  const cause: readonly (readonly [string, string])[] = [
    ['__streams.errors.exception', 'code' in error ? String(error.code) : error.name],
    ['__streams.errors.message', error.message],
    ['__streams.errors.topic', record.topic],
    ['__streams.errors.partition', String(record.partition)],
    ...(record.offset === null ? [] : [['__streams.errors.offset', String(record.offset)] as const]),
    ['__millrace.errors.node', record.nodeName],
    ['__millrace.errors.task', record.taskId],
  ]
  return {
    topic: deadLetterTopic,
    partition: null,
    key: record.key,
    value: record.value,
    timestamp: record.timestamp,
    headers: [...record.headers, ...cause.map(([name, text]) => [name, encoder.encode(text)] as const)],
    nodeName: record.nodeName,
  }
}
