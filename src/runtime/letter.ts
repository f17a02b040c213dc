import type { Headers } from '../core/stream-record.ts'
import { letterHeaders } from './dead-letter.ts'
import type { FetchedBatch } from './port.ts'
import type { ResumePath } from './run-trace.ts'

/** A record of a dead-letter topic, as `deadLetter` or Kafka Streams (KIP-1034) wrote it. Bytes are copies. */
export interface Letter {
  /** Where the letter itself is. */
  readonly place: { readonly partition: number; readonly offset: number }
  /** Where the record came from; or, without an offset, where it was going. */
  readonly topic: string
  readonly partition: number
  readonly offset: number | null
  readonly node: string | null
  readonly exception: string | null
  readonly message: string | null
  readonly attempts: number
  /** Null: its key was not parked. */
  readonly parked: 'poisoned' | 'behind' | null
  /** The consumer group that parked it. */
  readonly application: string | null
  readonly path: ResumePath
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  /** Those of the record, without what was added to tell of the failure. */
  readonly headers: Headers
}

const decoder = new TextDecoder()

/** Undefined for a record that says of no topic that it came from there. */
export function readLetter(batch: FetchedBatch, index: number): Letter | undefined {
  const headers = batch.headersAt(index)
  const text = (name: string): string | null => {
    const value = headers.findLast((header) => header[0] === name)?.[1]
    return value === undefined || value === null ? null : decoder.decode(value)
  }
  const number = (name: string): number | null => {
    const value = text(name)
    return value !== null && /^\d+$/.test(value) ? Number(value) : null
  }
  const topic = text(letterHeaders.topic)
  const partition = number(letterHeaders.partition)
  if (topic === null || partition === null) return undefined
  const parked = text(letterHeaders.parked)
  return {
    place: { partition: batch.partition, offset: batch.offsetAt(index) },
    topic,
    partition,
    offset: number(letterHeaders.offset),
    node: text(letterHeaders.node),
    exception: text(letterHeaders.exception),
    message: text(letterHeaders.message),
    attempts: number(letterHeaders.attempts) ?? 1,
    parked: parked === 'poisoned' || parked === 'behind' ? parked : null,
    application: text(letterHeaders.application),
    path: readPath(text(letterHeaders.path)),
    timestamp: batch.timestampAt(index),
    key: copied(batch.keyAt(index)),
    value: copied(batch.valueAt(index)),
    headers: ownHeaders(headers),
  }
}

function readPath(path: string | null): ResumePath {
  try {
    const read: unknown = path === null ? [] : JSON.parse(path)
    return Array.isArray(read) ? (read as ResumePath) : []
  } catch {
    return [] // somebody else's header: the record is processed from the start
  }
}

const added: ReadonlySet<string> = new Set(Object.values(letterHeaders))

/** Kafka Streams adds more of them than we read, such as the stack trace. */
function ownHeaders(headers: Headers): Headers {
  return headers
    .filter(([name]) => !added.has(name) && !name.startsWith('__streams.errors.'))
    .map(([name, value]) => [name, copied(value)] as const)
}

function copied(bytes: Uint8Array | null): Uint8Array | null {
  return bytes === null ? null : Uint8Array.from(bytes)
}
