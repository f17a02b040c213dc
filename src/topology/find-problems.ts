import type { Problem } from '../core/errors.ts'
import { nameNodes, storeName } from './names.ts'
import type { StreamJoinNode, TopologyNode } from './node.ts'
import type { Topology } from './topology.ts'
import type { Windows } from './windows.ts'

/** Every mistake that can be seen in the declaration alone. */
export function findProblems(topology: Topology): readonly Problem[] {
  const names = nameNodes(topology.nodes)
  const name = (node: TopologyNode): string => names[node.id]!.nodeName
  return [
    ...topologyNameProblems(topology.name),
    ...sourceProblems(topology.nodes),
    ...nameProblems(topology.nodes),
    ...topology.nodes.flatMap((node) => nodeProblems(node, name(node))),
    ...topology.nodes.flatMap((node) => suppressProblems(node, topology.nodes, name(node))),
  ]
}

const legalName = /^[a-zA-Z0-9._-]{1,200}$/

function topologyNameProblems(name: string): Problem[] {
  if (legalName.test(name)) return []
  return [
    {
      path: `topology ${JSON.stringify(name)}`,
      problem: 'the name cannot be part of a topic name',
      remedy: 'use letters, digits, ".", "_" and "-" only',
    },
  ]
}

/** Every source topic is read in one way only (Kafka Streams: "Topic has already been registered by another source"). */
function sourceProblems(nodes: readonly TopologyNode[]): Problem[] {
  const problems: Problem[] = []
  const readers = new Map<string, { readonly kind: string; readonly serdes: string }>()
  for (const node of nodes) {
    if (node.kind !== 'stream-source' && node.kind !== 'table-source') continue
    const topics = node.kind === 'stream-source' ? node.topics : [node.topic]
    if (topics.length === 0)
      problems.push({ path: node.name ?? 'stream()', problem: 'no topic is named', remedy: 'name at least one topic' })
    for (const topic of topics) {
      const serdes = `${node.key.name} and ${node.value.name}`
      const before = readers.get(topic)
      if (before === undefined) readers.set(topic, { kind: node.kind, serdes })
      else if (before.kind === 'table-source' || node.kind === 'table-source') {
        problems.push({
          path: `topic ${topic}`,
          problem: 'it is read as a table and a second time',
          remedy: 'read it once and use toStream() or toTable()',
        })
      } else if (before.serdes !== serdes) {
        problems.push({
          path: `topic ${topic}`,
          problem: `it is read with ${before.serdes} and with ${serdes}`,
          remedy: 'read it with the same serdes, or once',
        })
      }
    }
  }
  return problems
}

const keeps: ReadonlySet<TopologyNode['kind']> = new Set([
  'table-source',
  'to-table',
  'stream-aggregate',
  'table-aggregate',
  'over',
  'suppress',
  'stream-join',
  'table-join',
  'repartition',
])

/** Names decide the names of topics and stores: no two alike, none that a topic cannot have. */
function nameProblems(nodes: readonly TopologyNode[]): Problem[] {
  const problems: Problem[] = []
  const names = nameNodes(nodes)
  const given = new Set<string>()
  const stores = new Set<string>()
  for (const node of nodes) {
    const store = storeName(node, names[node.id]!.baseName)
    for (const name of new Set([node.name, store])) {
      if (name !== null && !legalName.test(name)) {
        problems.push({
          path: node.kind,
          problem: `${JSON.stringify(name)} cannot be part of a topic name`,
          remedy: 'give it a `name` of letters, digits, ".", "_" and "-", 200 at most',
        })
      }
    }
    if (node.name !== null && given.has(node.name)) {
      problems.push({ path: node.name, problem: 'two nodes have this name', remedy: 'give each its own `name`' })
    }
    if (node.name !== null) given.add(node.name)
    if (!keeps.has(node.kind) && !('store' in node && node.store !== null)) continue
    if (stores.has(store)) {
      problems.push({
        path: store,
        problem: `two nodes would keep their state or topic under this name (the second is a ${node.kind})`,
        remedy: 'give one of them a `name` or `store` of its own',
      })
    }
    stores.add(store)
  }
  return problems
}

function nodeProblems(node: TopologyNode, name: string): Problem[] {
  if (node.kind === 'stream-aggregate' && node.windows !== null)
    return windowProblems(node.windows, node.retentionMs, name)
  if (node.kind === 'stream-join') return joinWindowProblems(node, name)
  if (node.kind === 'suppress' && node.durationMs < 0)
    return [must(name, 'duration', node.durationMs, 'not be negative')]
  if (
    node.kind === 'repartition' &&
    node.partitions !== null &&
    !(Number.isInteger(node.partitions) && node.partitions > 0)
  ) {
    return [must(name, 'partitions', node.partitions, 'be a whole number above 0')]
  }
  if (node.kind === 'over') {
    const none =
      node.ranges.length === 0
        ? [{ path: name, problem: 'it has no range', remedy: 'name at least one, for example { hour: "1h" }' }]
        : []
    const wrong = node.ranges.flatMap((range) => [
      ...(range.rangeMs > 0 ? [] : [must(name, `range ${range.name}`, range.rangeMs, 'be above 0')]),
      ...(range.delayMs >= 0 ? [] : [must(name, `delay of ${range.name}`, range.delayMs, 'not be negative')]),
    ])
    return [...none, ...wrong, ...graceProblems(node.graceMs, name)]
  }
  if (node.kind === 'split') {
    const at = node.branches.findIndex((branch) => branch.predicate === null)
    if (at >= 0 && at < node.branches.length - 1) {
      return [
        {
          path: name,
          problem: `branch ${node.branches[at]!.name} has no \`when\` and takes all that is left`,
          remedy: 'put it last',
        },
      ]
    }
    if (new Set(node.branches.map((branch) => branch.name)).size < node.branches.length) {
      return [{ path: name, problem: 'two branches have the same name', remedy: 'give each its own' }]
    }
  }
  return []
}

function windowProblems(windows: Windows, retentionMs: number | null, name: string): Problem[] {
  const problems = graceProblems(windows.graceMs, name)
  if (windows.kind === 'time') {
    if (windows.sizeMs <= 0) problems.push(must(name, 'size', windows.sizeMs, 'be above 0'))
    if (windows.advanceMs <= 0 || windows.advanceMs > windows.sizeMs) {
      problems.push(
        must(name, 'advance', windows.advanceMs, `be above 0 and not above the size (${windows.sizeMs} ms)`),
      )
    }
  } else if (windows.kind === 'sliding' && windows.differenceMs < 0) {
    problems.push(must(name, 'difference', windows.differenceMs, 'not be negative'))
  } else if (windows.kind === 'session' && windows.gapMs < 0) {
    problems.push(must(name, 'gap', windows.gapMs, 'not be negative'))
  }
  const least = minimumRetentionMs(windows)
  if (retentionMs !== null && retentionMs < least)
    problems.push(must(name, 'retention', retentionMs, `be at least size + grace (${least} ms)`))
  return problems
}

/** How long a window store must keep a window for its aggregate to be right; also the default. */
export function minimumRetentionMs(windows: Windows): number {
  if (windows.kind === 'time') return windows.sizeMs + windows.graceMs
  if (windows.kind === 'sliding') return 2 * windows.differenceMs + windows.graceMs
  return windows.gapMs + windows.graceMs
}

function joinWindowProblems(node: StreamJoinNode, name: string): Problem[] {
  const { beforeMs, afterMs, graceMs } = node.windows
  const span = beforeMs + afterMs < 0 ? [must(name, 'before + after', beforeMs + afterMs, 'not be negative')] : []
  return [...span, ...graceProblems(graceMs, name)]
}

/** A final result needs a windowed aggregate above it: its grace says when a window closes. */
function suppressProblems(node: TopologyNode, nodes: readonly TopologyNode[], name: string): Problem[] {
  if (node.kind !== 'suppress' || node.until !== 'window-close' || windowCloseDelayMs(node, nodes) !== null) return []
  return [
    {
      path: name,
      problem: 'there is no windowed aggregate above it whose windows could close',
      remedy: "window the stream first, or suppress with until: 'time-limit'",
    },
  ]
}

/**
 * How long after a window's end it is closed for good: the grace of the windowed aggregates above, for sessions with the gap. The
 * largest of all parents; null when one of them leads to no windowed aggregate (Kafka Streams: GraphGraceSearchUtil).
 */
export function windowCloseDelayMs(node: TopologyNode, nodes: readonly TopologyNode[]): number | null {
  if (node.kind === 'stream-aggregate' && node.windows !== null) {
    return node.windows.graceMs + (node.windows.kind === 'session' ? node.windows.gapMs : 0)
  }
  const delays = node.inputs.map((input) => windowCloseDelayMs(nodes[input]!, nodes))
  return delays.length === 0 || delays.includes(null) ? null : Math.max(...(delays as number[]))
}

function graceProblems(graceMs: number, name: string): Problem[] {
  return graceMs < 0 ? [must(name, 'grace', graceMs, 'not be negative')] : []
}

function must(path: string, what: string, got: number, rule: string): Problem {
  return { path, problem: `${what} is ${got}${what === 'partitions' ? '' : ' ms'}`, remedy: `it must ${rule}` }
}
