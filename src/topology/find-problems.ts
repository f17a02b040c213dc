import type { Problem } from '../core/errors.ts'
import { asyncProblems } from './async-problems.ts'
import { errorPolicyProblems } from './error-policy.ts'
import { findNameProblems } from './find-name-problems.ts'
import { findTopicProblems } from './find-topic-problems.ts'
import { nameNodes } from './names.ts'
import type { OverNode } from './aggregate-nodes.ts'
import type { SplitNode, StreamJoinNode, SuppressNode, TopologyNode } from './node.ts'
import type { Topology } from './topology.ts'
import { ttlProblems } from './ttl-problems.ts'
import { versionedProblems } from './versioned-problems.ts'
import { minimumRetentionMs, windowCloseDelayMs } from './window-retention.ts'
import type { Windows } from './windows.ts'

/**
 * Every mistake that can be seen in the declaration alone. A duration that could not be read is NaN: it was reported, and no
 * check below may find fault with it again.
 */
export function findProblems({ name: topologyName, nodes }: Topology): readonly Problem[] {
  const names = nameNodes(nodes)
  return [
    ...findNameProblems(topologyName, nodes),
    ...findTopicProblems(nodes),
    ...nodes.flatMap((node) => nodeProblems(node, names[node.id]!.nodeName, nodes)),
    ...nodes.flatMap((node) => errorPolicyProblems(node, names[node.id]!.nodeName)),
    ...nodes.flatMap((node) => versionedProblems(node, nodes, names[node.id]!.nodeName)),
    ...nodes.flatMap((node) => ttlProblems(node, names[node.id]!.nodeName)),
  ]
}

function nodeProblems(node: TopologyNode, name: string, nodes: readonly TopologyNode[]): readonly Problem[] {
  switch (node.kind) {
    case 'stream-aggregate':
    case 'cogroup':
      return node.windows === null ? [] : windowProblems(node.windows, node.retentionMs, name)
    case 'stream-join':
      return joinWindowProblems(node, name)
    case 'suppress':
      return suppressProblems(node, name, nodes)
    case 'repartition':
      return countProblems(name, 'partitions', node.partitions, 1)
    case 'over':
      return overProblems(node, name)
    case 'dedupe':
      return negative('within', node.withinMs, name)
    case 'map-async':
    case 'map-values-async':
    case 'map-batch':
      return asyncProblems(node, name)
    case 'split':
      return splitProblems(node, name)
    default:
      return []
  }
}

function windowProblems(windows: Windows, retentionMs: number | null, name: string): Problem[] {
  const problems = graceProblems(windows.graceMs, name)
  if (windows.kind === 'time') {
    if (windows.sizeMs <= 0) problems.push(mustMs(name, 'size', windows.sizeMs, 'be above 0'))
    if (windows.advanceMs <= 0 || windows.advanceMs > windows.sizeMs) {
      const rule = `be above 0 and not above the size (${windows.sizeMs} ms)`
      problems.push(mustMs(name, 'advance', windows.advanceMs, rule))
    }
  } else if (windows.kind === 'sliding') {
    problems.push(...negative('difference', windows.differenceMs, name))
  } else {
    problems.push(...negative('gap', windows.gapMs, name))
  }
  const leastMs = minimumRetentionMs(windows)
  if (retentionMs !== null && retentionMs < leastMs) {
    problems.push(
      mustMs(name, 'retention', retentionMs, `be at least ${leastMs} ms, which the windows and their grace need`),
    )
  }
  return problems
}

function joinWindowProblems({ windows }: StreamJoinNode, name: string): Problem[] {
  return [
    ...negative('before + after', windows.beforeMs + windows.afterMs, name),
    ...graceProblems(windows.graceMs, name),
  ]
}

function suppressProblems(node: SuppressNode, name: string, nodes: readonly TopologyNode[]): Problem[] {
  return [
    ...negative('duration', node.durationMs, name),
    ...countProblems(name, 'maxRecords', node.maxRecords, 0),
    ...countProblems(name, 'maxBytes', node.maxBytes, 0),
    ...closeProblems(node, name, nodes),
  ]
}

/** A final result needs a windowed aggregate above it: its grace says when a window closes. */
function closeProblems(node: SuppressNode, name: string, nodes: readonly TopologyNode[]): Problem[] {
  if (node.until !== 'window-close' || windowCloseDelayMs(node, nodes) !== null) return []
  return [
    {
      path: name,
      problem: 'there is no windowed aggregate above it whose windows could close',
      remedy: "window the stream first, or suppress with until: 'time-limit'",
    },
  ]
}

function overProblems({ ranges, graceMs }: OverNode, name: string): Problem[] {
  const none = { path: name, problem: 'it has no range', remedy: 'name at least one, for example { hour: "1h" }' }
  const wrong = ranges.flatMap((range) => [
    ...(range.rangeMs <= 0 ? [mustMs(name, `range ${range.name}`, range.rangeMs, 'be above 0')] : []),
    ...negative(`delay of ${range.name}`, range.delayMs, name),
  ])
  return [...(ranges.length === 0 ? [none] : []), ...wrong, ...graceProblems(graceMs, name)]
}

function splitProblems({ branches }: SplitNode, path: string): Problem[] {
  const problems: Problem[] = []
  const rest = branches.findIndex((branch) => branch.predicate === null)
  if (rest >= 0 && rest < branches.length - 1) {
    const problem = `branch ${branches[rest]!.name} has no \`when\` and takes all that is left`
    problems.push({ path, problem, remedy: 'put it last' })
  }
  if (new Set(branches.map((branch) => branch.name)).size < branches.length) {
    problems.push({ path, problem: 'two branches have the same name', remedy: 'give each its own' })
  }
  return problems
}

function graceProblems(graceMs: number, name: string): Problem[] {
  return negative('grace', graceMs, name)
}

function negative(what: string, ms: number, name: string): Problem[] {
  return ms < 0 ? [mustMs(name, what, ms, 'not be negative')] : []
}

function countProblems(path: string, what: string, count: number | null, least: number): Problem[] {
  if (count === null || (Number.isSafeInteger(count) && count >= least)) return []
  return [{ path, problem: `${what} is ${count}`, remedy: `it must be a whole number, ${least} or more` }]
}

function mustMs(path: string, what: string, gotMs: number, rule: string): Problem {
  return { path, problem: `${what} is ${gotMs} ms`, remedy: `it must ${rule}` }
}
