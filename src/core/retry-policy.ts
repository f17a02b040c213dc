import type { Duration } from './duration.ts'
import type { Problem } from './errors.ts'

/** How often what fails is tried, and how long is waited in between: each wait `multiplier` times the one before. */
export interface RetryOptions {
  /** Tries in all, the first one included: 1 means that nothing is tried again. */
  readonly attempts: number
  /** Wait before the second try; default 100 ms. */
  readonly backoff?: Duration
  /** Longest wait; default 10 s, or the `backoff` where that is longer. */
  readonly maxBackoff?: Duration
  /** What a wait grows by from one try to the next; 1 or more; default 2. */
  readonly multiplier?: number
}

/** Retry options as they are kept in a topology: read, in milliseconds, every default filled in. */
export interface RetryPolicy {
  readonly attempts: number
  readonly backoffMs: number
  readonly maxBackoffMs: number
  readonly multiplier: number
}

/** One try and no more. */
export const noRetries: RetryPolicy = Object.freeze({ attempts: 1, backoffMs: 0, maxBackoffMs: 0, multiplier: 1 })

const defaultBackoffMs = 100
const defaultMaxBackoffMs = 10_000
const defaultMultiplier = 2

/** @param read turns a duration into milliseconds; what it cannot read, it reports and gives NaN for */
export function retryPolicy(
  options: RetryOptions,
  what: string,
  read: (duration: Duration, what: string) => number,
): RetryPolicy {
  const backoffMs = read(options.backoff ?? defaultBackoffMs, `backoff of ${what}`)
  const longestMs = backoffMs > defaultMaxBackoffMs ? backoffMs : defaultMaxBackoffMs // also where it is NaN
  return Object.freeze({
    attempts: options.attempts,
    backoffMs,
    maxBackoffMs: read(options.maxBackoff ?? longestMs, `maxBackoff of ${what}`),
    multiplier: options.multiplier ?? defaultMultiplier,
  })
}

/** What is wrong with a policy; waits that are NaN were reported when they were read. */
export function retryProblems({ attempts, backoffMs, maxBackoffMs, multiplier }: RetryPolicy, path: string): Problem[] {
  const problems: Problem[] = []
  const wrong = (problem: string, remedy: string): unknown => problems.push({ path, problem, remedy })
  if (!Number.isSafeInteger(attempts) || attempts < 1)
    wrong(`attempts of retries is ${attempts}`, 'it must be a whole number, 1 or more; the first try counts')
  if (backoffMs < 0) wrong(`backoff of retries is ${backoffMs} ms`, 'it must not be negative')
  if (maxBackoffMs < backoffMs)
    wrong(`maxBackoff of retries is ${maxBackoffMs} ms`, `it must not be below the backoff (${backoffMs} ms)`)
  if (!(multiplier >= 1 && multiplier < Infinity))
    wrong(`multiplier of retries is ${multiplier}`, 'it must be a number, 1 or more')
  return problems
}

/** How long to wait after try number `attempt` (from 1) failed. There is no jitter: the same run waits the same. */
export function retryDelayMs({ backoffMs, maxBackoffMs, multiplier }: RetryPolicy, attempt: number): number {
  if (backoffMs === 0) return 0 // 0 * Infinity is no number
  return Math.min(backoffMs * multiplier ** (attempt - 1), maxBackoffMs)
}
