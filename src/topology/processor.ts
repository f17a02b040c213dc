import type { Duration } from '../core/duration.ts'
import type { Headers, RecordMetadata, StreamRecord } from '../core/stream-record.ts'
import type { TaskId } from '../core/task-id.ts'
import type { ProcessorStore, StoreDeclaration, StoreOf } from './processor-stores.ts'

/*
 * What users write for `process` and `processValues` (Kafka Streams: Processor and ProcessorContext, KIP-820). All of it runs
 * synchronously inside a task: no promise is awaited (docs/ARCHITECTURE.md, law 3).
 */

/** A record that a processor passes on. Without `headers` it has none; `{ ...record, value }` keeps the input's. */
export interface ForwardedRecord<K, V> {
  readonly key: K
  readonly value: V
  /** Event time in milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers?: Headers
}

/**
 * `stream-time`: aligned to 0; due with the first record, then when event time reaches the next multiple of the interval, after
 * the record that brought it there; at most once for each advance, however far it jumps.
 * `wall-clock-time`: first due one interval after `schedule`, whether or not records come; intervals that were missed are skipped.
 */
export type PunctuationType = 'stream-time' | 'wall-clock-time'

/** Called with the task's stream time, or the wall-clock time, in milliseconds since the epoch. What it throws stops the app. */
export type Punctuator = (timestamp: number) => void

/** A schedule that goes on until it is cancelled. */
export interface Cancellable {
  /** May be called at any time, any number of times, also from inside the callback. */
  cancel(): void
}

/** What a processor sees of the task that runs it; one for each processor and task. All calls are synchronous. */
export interface ProcessorContext<KOut = unknown, VOut = unknown> {
  readonly taskId: TaskId
  readonly nodeName: string
  /**
   * Passes a record on, to all that follows or to the one operator named `child`; all of that has run when it returns.
   * @throws TopologyError when no operator of that name follows, or when `processValues` changes the key
   */
  forward(record: ForwardedRecord<KOut, VOut>, child?: string): void
  /** A store that was declared in the options. @throws TopologyError when it was not */
  store<D extends StoreDeclaration>(declaration: D): StoreOf<D>
  store<S extends ProcessorStore = ProcessorStore>(name: string): S
  /** Where the record came from; undefined in `init` and in punctuations. Headers and timestamp are the record's own. */
  readonly recordMetadata: RecordMetadata | undefined
  /** The largest timestamp that the task has processed, over all its partitions; -1 before the first record. */
  readonly currentStreamTimeMs: number
  readonly currentSystemTimeMs: number
  /** Calls `callback` again and again until it is cancelled. @throws TopologyError when the interval is not above 0 */
  schedule(interval: Duration, type: PunctuationType, callback: Punctuator): Cancellable
  /** Asks for a commit soon, before the commit interval is over. */
  commit(): void
}

/** One instance for each task. What it keeps outside of stores is gone after a restart or a rebalance. */
export interface Processor<K = any, V = any, KOut = any, VOut = any> {
  /** Before the first record, with the stores restored: the place to call `schedule`. */
  init?(context: ProcessorContext<KOut, VOut>): void
  /** One record; key and value may be null as on any stream. What it throws goes to the `process` handler. */
  process(record: StreamRecord<K, V>, context: ProcessorContext<KOut, VOut>): void
  /** When the task ends or moves away; nothing can be forwarded any more. Not called after a crash. */
  close?(): void
}

/** Called once for each task; must give a new object each time. */
export type ProcessorSupplier<K = any, V = any, KOut = any, VOut = any> = () => Processor<K, V, KOut, VOut>
