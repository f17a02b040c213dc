import type { Problem } from '../core/errors.ts'
import type { TopologyNode } from './node.ts'
import { versionedSettings } from './versioned.ts'

/** Mistakes around the time to live of tables (ADR 0018). */
export function ttlProblems(node: TopologyNode, path: string): readonly Problem[] {
  const ttlMs = 'ttlMs' in node ? node.ttlMs : undefined
  if (ttlMs === undefined) return []
  const problems: Problem[] = []
  if (ttlMs <= 0) problems.push({ path, problem: `ttl is ${ttlMs} ms`, remedy: 'it must be above 0' })
  if (versionedSettings(node) !== undefined) {
    problems.push({
      path,
      problem: 'it is versioned and has a ttl: a versioned table keeps the latest value of each key',
      remedy: 'leave one of the two out; historyRetention says how long older versions are kept',
    })
  }
  if (node.kind === 'global-table-source') {
    problems.push({
      path,
      problem: 'a global table has no ttl: it is read outside the tasks, where there is no stream time',
      remedy: 'read the topic as a table, or delete from the topic what is to go',
    })
  }
  return problems
}
