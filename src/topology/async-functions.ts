import type { Headers, RecordMetadata, StreamRecord } from '../core/stream-record.ts'
import type { KeyValue } from './functions.ts'

/*
 * The functions that users write for `mapAsync`, `mapValuesAsync` and `mapBatch`: the only ones that may take their time. They run
 * again for records that are processed again after a crash, a time-out or a failure.
 */

/** What a call knows of itself. */
export interface AttemptContext {
  /** Aborted when the attempt runs out of time, and when the task stops or moves away: hand it to `fetch` and the like. */
  readonly signal: AbortSignal
  /** 1 for the first try of the record or batch, 2 for the second. */
  readonly attempt: number
}

/** What a call knows of itself and of its record. */
export interface AsyncContext extends AttemptContext {
  /** Event time of the record in milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers: Headers
  /** Where the record came from; undefined when a punctuation made it. */
  readonly metadata: RecordMetadata | undefined
}

/** Makes a new key and a new value of a record, at once or later. */
export type AsyncKeyValueMapper<K = any, V = any, K2 = any, V2 = any> = (
  value: V,
  key: K,
  context: AsyncContext,
) => KeyValue<K2, V2> | PromiseLike<KeyValue<K2, V2>>

/** Makes a new value of a record, at once or later. */
export type AsyncValueMapper<K = any, V = any, R = any> = (
  value: V,
  key: K,
  context: AsyncContext,
) => R | PromiseLike<R>

/** Makes one new value of each record of a batch, in the order of the records, at once or later. */
export type BatchMapper<K = any, V = any, R = any> = (
  records: readonly StreamRecord<K, V>[],
  context: AttemptContext,
) => readonly R[] | PromiseLike<readonly R[]>

/**
 * In which order results come out. `key`: those of one key one after the other, each called when the one before it is done;
 * other keys overtake. `partition`: calls overlap, results come out as the records came in. `none`: as they finish.
 */
export type AsyncOrder = 'key' | 'partition' | 'none'
