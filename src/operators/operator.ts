import type { RecordMetadata, StreamRecord } from '../core/stream-record.ts'
import type { TaskId } from '../core/task-id.ts'

/** Why a record was dropped; counted per task under `dropped-records` and announced on the diagnostics channel. */
export type DropReason =
  | 'null-key'
  | 'null-value'
  | 'null-join-key'
  | 'late'
  | 'expired'
  | 'out-of-order'
  | 'stale-response'
  | 'duplicate'

/**
 * What an operator sees of the task that runs it. One context per operator instance; all calls are synchronous.
 *
 * `forward` runs everything downstream, depth first, before it returns, and hands the record to the children in the order
 * in which the user declared them. An operator must therefore have its own state in order before it forwards: while it
 * forwards, its stores may be read by operators below (table joins read their parents' stores).
 */
export interface OperatorContext<KOut = unknown, VOut = unknown> {
  readonly taskId: TaskId
  readonly nodeName: string
  forward(record: StreamRecord<KOut, VOut>): void
  /** To one child only: the n-th that was declared. For `split`. */
  forwardTo(childIndex: number, record: StreamRecord<KOut, VOut>): void
  /** The input record that is being processed; undefined outside (punctuation). */
  readonly metadata: RecordMetadata | undefined
  /** Counts a record that the operator does not pass on because of its key, value or time. */
  drop(reason: DropReason): void
}

/**
 * A runtime operator: one instance per task and plan node, called with one record at a time.
 *
 * - Options, stores and table views come in through the constructor, the context through `init`, before any record.
 * - `process` must not keep the record object's arrays, must not change the record, and may throw: the runtime adds the place
 *   and asks the user's handler; what was already forwarded stays forwarded.
 * - Operators keep no time of their own but `stream time`: the largest timestamp they have seen, -1 before the first record
 *   (Kafka Streams: `observedStreamTime`; starts again at -1 after a restart unless a store remembers it).
 * - What a function of the user returns is null where it is undefined (`?? null` at the call): a mapper that forgets to
 *   return makes a null value, an aggregator a deletion. Keys, values, changes and stores never hold undefined.
 * - Between tables the record's value is a `Change` (core/change.ts), never null itself.
 */
export interface Operator<KIn = unknown, VIn = unknown, KOut = unknown, VOut = unknown> {
  init(context: OperatorContext<KOut, VOut>): void
  process(record: StreamRecord<KIn, VIn>): void
  /** Once, with the stores restored, before the first record. */
  start?(): void
  /**
   * So much time has passed without input (ADR 0017): its stream time moves on by that, and what is due goes out. Its stores have
   * moved on already.
   */
  elapse?(ms: number): void
  /** The task's stream time is now this: what has outlived its ttl goes (ADR 0018). */
  expire?(streamTimeMs: number): void
  /** Records wait in it for time to pass, and will go out with timestamps of the past: time must not pass below it meanwhile. */
  readonly isHolding?: boolean
  /** When the task ends or moves away; nothing can be forwarded any more. */
  close?(): void
}

/** Stream time before the first record. */
export const noStreamTime = -1

/** An operator's stream time `ms` later; after a restart it goes on from the latest timestamp in its store, if there is any. */
export function elapsed(streamTime: number, latestTimestamp: number, ms: number): number {
  const from = Math.max(streamTime, latestTimestamp)
  return from === noStreamTime ? noStreamTime : from + ms
}
