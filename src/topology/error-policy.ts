import { retryProblems, type RetryPolicy } from '../core/retry-policy.ts'
import type { Problem } from '../core/errors.ts'
import type { TopologyNode } from './node.ts'

/** What becomes of a record at the operator whose function threw, when it is not tried again. */
export type ErrorAction = 'fail' | 'skip' | 'dead-letter' | 'park'

/** What an operator does about its own failures, as it is kept in a topology. */
export interface NodeErrorPolicy {
  /** Null: one try. */
  readonly retry: RetryPolicy | null
  readonly then: ErrorAction
}

const actions: ReadonlySet<unknown> = new Set<ErrorAction>(['fail', 'skip', 'dead-letter', 'park'])

/** What is wrong with a node's `onError`; types may not have been checked. */
export function errorPolicyProblems({ onError }: TopologyNode, path: string): readonly Problem[] {
  if (onError === undefined) return []
  const problems = onError.retry === null ? [] : retryProblems(onError.retry, path)
  if (actions.has(onError.then)) return problems
  const remedy = "it is 'fail', 'skip', 'dead-letter' or 'park', or { retry, then } with one of them as `then`"
  return [...problems, { path, problem: `its onError is ${String(onError.then)}`, remedy }]
}
