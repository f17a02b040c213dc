import { retryPolicy, type RetryOptions } from '../core/retry-policy.ts'
import type { ErrorAction, NodeErrorPolicy } from '../topology/error-policy.ts'
import { readDuration, type DslContext } from './dsl-context.ts'

/**
 * What an operator does with a record on which its function throws (docs/reference/errors.md).
 * - `fail`: the app stops; nothing is committed beyond the record, so it is met again after a restart.
 * - `skip`: the record is left out at this operator, counted, and announced. What other branches make of it stays.
 * - `dead-letter`: as `skip`, and the record goes to the app's dead-letter topic with the cause in its headers.
 * - `park`: the record goes to the dead-letter topic and its key waits: later records of the key that the task reads from that
 *   topic go there behind it, in order, until `millrace dlq replay` brings them all back. Other keys go on.
 * - `{ retry, then }`: the operator is run again with the same record after a wait, which holds the task, as often as `retry` says;
 *   then `then`.
 */
export type OnError = ErrorAction | { readonly retry: RetryOptions; readonly then: ErrorAction }

/** For steps that run functions of yours. */
export interface ErrorOption {
  /** What to do when a function of this step throws. Default: the app's `errors.process` (for serdes `errors.produce`) decides. */
  readonly onError?: OnError
}

/** What a node carries of the option; nothing where it is left out. */
export function readOnError(
  dsl: DslContext,
  { name, onError }: ErrorOption & { readonly name?: string },
): { readonly onError?: NodeErrorPolicy } {
  if (onError === undefined) return {}
  if (typeof onError !== 'object' || onError === null) return { onError: Object.freeze({ retry: null, then: onError }) }
  const retry = retryPolicy(onError.retry, name ?? 'a step', (duration, what) => readDuration(dsl, duration, what))
  return { onError: Object.freeze({ retry, then: onError.then }) }
}
