import type { Problem } from '../core/errors.ts'
import type { StreamTableJoinNode, TopologyNode } from './node.ts'
import { historyOf, versionedSettings } from './versioned.ts'

/** Mistakes around versioned tables; Kafka Streams reports them when it builds, too. */
export function versionedProblems(
  node: TopologyNode,
  nodes: readonly TopologyNode[],
  name: string,
): readonly Problem[] {
  const history = versionedSettings(node)?.historyRetentionMs ?? 0
  if (history < 0)
    return [{ path: name, problem: `historyRetention is ${history} ms`, remedy: 'it must not be negative' }]
  if (node.kind === 'suppress' && historyOf(node.inputs[0]!, nodes) !== null) {
    return [
      {
        path: name,
        problem: 'it would hold back updates of a versioned table, whose old versions must not be lost',
        remedy: 'suppress a table that is not versioned, or leave suppress() out',
      },
    ]
  }
  return node.kind === 'stream-table-join' && node.graceMs !== null ? graceProblems(node, nodes, name) : []
}

function graceProblems(node: StreamTableJoinNode, nodes: readonly TopologyNode[], name: string): readonly Problem[] {
  const graceMs = node.graceMs!
  if (graceMs < 0) return [{ path: name, problem: `grace is ${graceMs} ms`, remedy: 'it must not be negative' }]
  const versioned = historyOf(node.inputs[1]!, nodes)
  if (versioned === null) {
    return [
      {
        path: name,
        problem: 'it joins after a grace with a table that does not keep its versions',
        remedy: 'declare the table with `versioned: { historyRetention }`, or leave `grace` out',
      },
    ]
  }
  if (versioned.historyRetentionMs >= graceMs) return []
  return [
    {
      path: name,
      problem: `its grace is ${graceMs} ms, but the table's history only ${versioned.historyRetentionMs} ms`,
      remedy: 'make historyRetention at least as long as the grace',
    },
  ]
}
