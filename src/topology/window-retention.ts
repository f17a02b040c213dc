import type { TopologyNode } from './node.ts'
import type { Windows } from './windows.ts'

/** How long a window store must keep a window for its aggregate to be right; also the default. */
export function minimumRetentionMs(windows: Windows): number {
  if (windows.kind === 'time') return windows.sizeMs + windows.graceMs
  if (windows.kind === 'sliding') return 2 * windows.differenceMs + windows.graceMs
  return windows.gapMs + windows.graceMs
}

/**
 * How long after a window's end it is closed for good: the grace of the windowed aggregates above, for sessions with the
 * gap. The largest of all parents; null when one of them leads to no windowed aggregate (Kafka Streams:
 * GraphGraceSearchUtil).
 */
export function windowCloseDelayMs(node: TopologyNode, nodes: readonly TopologyNode[]): number | null {
  if ((node.kind === 'stream-aggregate' || node.kind === 'cogroup') && node.windows !== null) {
    return node.windows.graceMs + (node.windows.kind === 'session' ? node.windows.gapMs : 0)
  }
  const delays = node.inputs.map((input) => windowCloseDelayMs(nodes[input]!, nodes))
  return delays.length === 0 || delays.includes(null) ? null : Math.max(...(delays as number[]))
}
