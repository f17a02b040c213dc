import type { ProcessingError, ProductionError, SerializationError } from '../core/errors.ts'
import type { Headers } from '../core/stream-record.ts'

/**
 * What to do with a record that failed.
 * - `fail`: the app stops with the error; nothing is committed beyond the record, so it is met again after a restart.
 * - `continue`: the record is left out at the node that failed, counted, and logged on the diagnostics channel. What other
 *   branches made of it stays.
 * - `dead-letter`: as `continue`, and the record goes to the app's dead-letter topic with the cause in its headers.
 */
export type ErrorAnswer = 'fail' | 'continue' | 'dead-letter'

/** The input record that was being processed, as it came from Kafka. */
export interface FailedRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Headers
  readonly taskId: string
  /** The node at which it failed: a source for decode errors, a sink for production errors. */
  readonly nodeName: string
}

/** The three decisions that are the user's (KIP-161, KIP-1033, KIP-210). Each defaults to `fail`. */
export interface ErrorHandlers {
  /** Key, value or timestamp could not be read. */
  decode(error: SerializationError, record: FailedRecord): ErrorAnswer
  /** A function of the topology threw. */
  process(error: ProcessingError, record: FailedRecord): ErrorAnswer
  /** A result could not be turned into bytes, or the broker refused it for good. `record` is the input it came from, where known. */
  produce(error: ProductionError | SerializationError, record: FailedRecord | null): ErrorAnswer
}

export const failOnError: ErrorHandlers = Object.freeze({
  decode: () => 'fail' as const,
  process: () => 'fail' as const,
  produce: () => 'fail' as const,
})
