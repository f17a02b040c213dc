import type { Problem } from '../core/errors.ts'
import { retryProblems } from '../core/retry-policy.ts'
import type { MapAsyncNode, MapBatchNode, MapValuesAsyncNode } from './async-nodes.ts'

const orders: ReadonlySet<unknown> = new Set(['key', 'partition', 'none'])

/** Mistakes in how calls are to be made. */
export function asyncProblems(node: MapAsyncNode | MapValuesAsyncNode | MapBatchNode, path: string): Problem[] {
  const { concurrency, timeoutMs, retries } = node
  const problems = [...count('concurrency', concurrency, path), ...retryProblems(retries, path)]
  if (node.onError?.then === 'park' || (node.onError?.retry ?? null) !== null)
    problems.push({
      path,
      problem: 'its onError parks, or tries again',
      remedy: "use 'fail', 'skip' or 'dead-letter', and the option `retries`",
    })
  if (timeoutMs !== null && timeoutMs <= 0)
    problems.push({ path, problem: `timeout is ${timeoutMs} ms`, remedy: 'it must be above 0; leave it out for none' })
  if (node.kind !== 'map-batch') {
    if (!orders.has(node.order))
      problems.push({
        path,
        problem: `order is ${String(node.order)}`,
        remedy: "it must be 'key', 'partition' or 'none'",
      })
    return problems
  }
  problems.push(...count('maxRecords', node.maxRecords, path))
  if (node.maxWaitMs < 0)
    problems.push({ path, problem: `maxWait is ${node.maxWaitMs} ms`, remedy: 'it must not be negative' })
  return problems
}

function count(what: string, value: number, path: string): Problem[] {
  if (Number.isSafeInteger(value) && value >= 1) return []
  return [{ path, problem: `${what} is ${value}`, remedy: 'it must be a whole number, 1 or more' }]
}
