import type { Timer } from '../core/clock.ts'
import type { StreamRecord } from '../core/stream-record.ts'
import type { AsyncOrder, AttemptContext } from '../topology/async-functions.ts'
import type { AsyncSettings } from '../topology/async-nodes.ts'

/** What the calls of one operator have in common. */
export interface LaneOptions extends AsyncSettings {
  readonly nodeName: string
  readonly order: AsyncOrder
  /** Work that may be here, from `submit` until its results are out, before the task takes no more records. */
  readonly workMax: number
  /**
   * The task has nothing else to do, or, with `draining`, wants to be done with everything: whatever the operator keeps back for
   * company should be submitted.
   */
  readonly onIdle?: (draining: boolean) => void
}

/** A record whose offset is held back from the commit until its result was forwarded. */
export interface HeldRecord {
  readonly record: StreamRecord
}

/** One call, for one record or for several. */
export interface AsyncWork<T = unknown> {
  readonly held: readonly HeldRecord[]
  /** For the order by key. */
  readonly key?: unknown
  call(attempt: AttemptContext): T | PromiseLike<T>
  /** Throws when the result cannot be right: the attempt has then failed, and is made again like any other. */
  check?(result: unknown): void
  /** The result of the n-th record, inside the task's turn and with its place as metadata: the moment to forward. */
  emit(result: T, index: number): void
}

/** An operator's way out of the synchronous task and back. */
export interface AsyncLane {
  /** To be called while the record is processed. */
  hold(record: StreamRecord): HeldRecord
  submit<T>(work: AsyncWork<T>): void
  /** Calls `action` inside the task's turn, not before `delayMs` of wall-clock time has passed. */
  later(delayMs: number, action: () => void): Timer
}

/** What a task does for operators whose functions take their time. */
export interface AsyncServices {
  lane(options: LaneOptions): AsyncLane
}
