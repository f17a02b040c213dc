import type { AbortedTransaction } from './aborted-transactions.ts'
import type { RecordError } from './append-rejection.ts'
import type { LogConfig } from './log-config.ts'
import type { TransactionEnd } from './producers.ts'
import type { Storage } from './storage.ts'

export interface AppendResult {
  /** Kafka's; 0 when the records are in the log, or were before (a repeated idempotent batch). */
  readonly errorCode: number
  readonly baseOffset: number
  /** -1 unless the broker sets the timestamps. */
  readonly logAppendTimeMs: number
  readonly logStartOffset: number
  readonly recordErrors: readonly RecordError[]
  readonly errorMessage: string | null
}

export interface ReadOptions {
  readonly offset: number
  /** The first batch comes whole even when it is larger. */
  readonly maxBytes: number
  /** Nothing from the first open transaction on, and the list of the aborted ones (isolation level read_committed). */
  readonly committed: boolean
}

export interface ReadResult {
  /** 0 or OFFSET_OUT_OF_RANGE. */
  readonly errorCode: number
  /** Whole batches, the first of which may begin before the offset. Later appends do not change them. */
  readonly records: Buffer
  readonly highWatermark: number
  readonly lastStableOffset: number
  readonly logStartOffset: number
  /** Null unless `committed`. */
  readonly aborted: readonly AbortedTransaction[] | null
}

export interface MarkerOptions extends TransactionEnd {
  readonly type: 'commit' | 'abort'
}

export interface PartitionLogOptions {
  readonly storage: Storage
  /** Of this log alone. */
  readonly folder: string
  readonly topic: string
  readonly partition: number
  readonly config: LogConfig
  readonly nowMs: number
}
