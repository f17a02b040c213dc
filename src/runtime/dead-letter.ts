import type { Payload } from '../core/payload.ts'
import type { Headers } from '../core/stream-record.ts'
import type { CollectedRecord } from './record-collector.ts'
import { replayOf, withoutReplay } from './replay.ts'
import type { ResumePath } from './run-trace.ts'

/** The bytes of a record that failed, and where it came from or was going. */
export interface DeadRecord {
  readonly topic: string
  readonly partition: number
  /** Null when it failed on its way out: it never got one. */
  readonly offset: number | null
  readonly timestamp: number
  readonly key: Payload | null
  readonly value: Payload | null
  readonly headers: Headers
  readonly applicationId: string
  readonly taskId: string
  readonly nodeName: string
  /** How often it was tried since it came, or came back; default 1. */
  readonly tries?: number
  readonly parking?: Parking
}

/** Why a record of a parked key is in the dead-letter topic: it failed, or came behind one that did. */
export interface Parking {
  readonly state: 'poisoned' | 'behind'
  /** Where it failed. */
  readonly path: ResumePath
}

/** What Millrace adds to the names of KIP-1034. */
export const letterHeaders = {
  exception: '__streams.errors.exception',
  message: '__streams.errors.message',
  topic: '__streams.errors.topic',
  partition: '__streams.errors.partition',
  offset: '__streams.errors.offset',
  node: '__millrace.errors.node',
  task: '__millrace.errors.task',
  application: '__millrace.errors.application',
  attempts: '__millrace.errors.attempts',
  parked: '__millrace.errors.parked',
  path: '__millrace.errors.path',
} as const

const encoder = new TextEncoder()

/**
 * The record as it goes to the dead-letter topic: key, value, timestamp and headers as they were, then the cause. Topic,
 * partition, offset, exception and message stand under the names of Kafka Streams (KIP-1034), so that its tools can replay
 * ours; the others are ours alone. A record that was replayed is described as it was when it came for the first time.
 */
export function deadLetter(deadLetterTopic: string, record: DeadRecord, error: Error): CollectedRecord {
  const { parking, offset, tries = 1 } = record
  const replay = replayOf(record.headers)
  const attempts = tries + (replay?.attempts ?? 0)
  const cause: readonly (readonly [string, string])[] = [
    [letterHeaders.exception, 'code' in error ? String(error.code) : error.name],
    [letterHeaders.message, error.message],
    [letterHeaders.topic, record.topic],
    [letterHeaders.partition, String(record.partition)],
    ...(offset === null ? [] : [[letterHeaders.offset, String(replay?.offset ?? offset)] as const]),
    [letterHeaders.node, record.nodeName],
    [letterHeaders.task, record.taskId],
    ...(attempts === 1 ? [] : [[letterHeaders.attempts, String(attempts)] as const]),
    ...(parking === undefined ? [] : parkingHeaders(parking, record.applicationId)),
  ]
  return {
    topic: deadLetterTopic,
    partition: null,
    key: record.key,
    value: record.value,
    timestamp: record.timestamp,
    headers: [...withoutReplay(record.headers), ...cause.map(([name, text]) => [name, encoder.encode(text)] as const)],
    nodeName: record.nodeName,
  }
}

function parkingHeaders({ state, path }: Parking, applicationId: string): readonly (readonly [string, string])[] {
  const where = path.length === 0 ? [] : [[letterHeaders.path, JSON.stringify(path)] as const]
  return [[letterHeaders.parked, state], [letterHeaders.application, applicationId], ...where]
}
