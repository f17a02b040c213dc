import type { Problem } from '../core/errors.ts'
import type { GlobalTableSourceNode, StreamSourceNode, TableSourceNode, TopologyNode } from './node.ts'

type SourceNode = StreamSourceNode | TableSourceNode | GlobalTableSourceNode

/** Mistakes in the topics that a topology reads and writes. */
export function findTopicProblems(nodes: readonly TopologyNode[]): readonly Problem[] {
  const sources = nodes.filter(isSource)
  if (sources.length === 0)
    return [{ path: 'topology', problem: 'it reads no topic', remedy: 'start with stream() or table()' }]
  return [...illegalNames(nodes), ...sources.flatMap(emptyList), ...readTwice(sources)]
}

function isSource(node: TopologyNode): node is SourceNode {
  return node.kind === 'stream-source' || node.kind === 'table-source' || node.kind === 'global-table-source'
}

function topicsOf(node: TopologyNode): readonly string[] {
  if (node.kind === 'stream-source') return node.topics
  if (node.kind === 'table-source' || node.kind === 'global-table-source') return [node.topic]
  return node.kind === 'sink' && typeof node.topic === 'string' ? [node.topic] : []
}

function emptyList(node: SourceNode): Problem[] {
  if (topicsOf(node).length > 0) return []
  return [{ path: node.name ?? 'stream()', problem: 'no topic is named', remedy: 'name at least one topic' }]
}

/** Kafka's rule (org.apache.kafka.common.internals.Topic). */
const legalTopic = /^(?!\.{1,2}$)[a-zA-Z0-9._-]{1,249}$/

function illegalNames(nodes: readonly TopologyNode[]): Problem[] {
  const topics = new Set(nodes.flatMap(topicsOf))
  return [...topics]
    .filter((topic) => !legalTopic.test(topic))
    .map((topic) => ({
      path: `topic ${JSON.stringify(topic)}`,
      problem: 'Kafka allows no topic of this name',
      remedy: 'use letters, digits, ".", "_" and "-", 249 at most',
    }))
}

/** One source reads a topic for all (Kafka Streams: mergeDuplicateSourceNodes), so all must want the same of it. */
function readTwice(sources: readonly SourceNode[]): Problem[] {
  const problems: Problem[] = []
  const readers = new Map<string, SourceNode>()
  for (const node of sources) {
    for (const topic of new Set(topicsOf(node))) {
      const before = readers.get(topic)
      if (before === undefined) readers.set(topic, node)
      else problems.push(...differences(before, node).map((difference) => ({ path: `topic ${topic}`, ...difference })))
    }
  }
  return problems
}

function differences(one: SourceNode, other: SourceNode): Omit<Problem, 'path'>[] {
  if (one.kind !== 'stream-source' || other.kind !== 'stream-source') {
    return [
      { problem: 'it is read as a table and a second time', remedy: 'read it once and use toStream() or toTable()' },
    ]
  }
  const found: Omit<Problem, 'path'>[] = []
  const [first, second] = [one, other].map(({ key, value }) => `${key.name} and ${value.name}`)
  if (first !== second) {
    found.push({
      problem: `it is read with ${first} and with ${second}`,
      remedy: 'read it with the same serdes, or once',
    })
  }
  if (one.timestamp !== other.timestamp) {
    found.push({
      problem: 'it is read with two different `timestamp` functions',
      remedy: 'give both stream() calls the same function, or read it once',
    })
  }
  if (one.offsetReset !== other.offsetReset) {
    found.push({
      problem: `it is read with offsetReset ${one.offsetReset ?? 'unset'} and ${other.offsetReset ?? 'unset'}`,
      remedy: 'give both stream() calls the same, or read it once',
    })
  }
  return found
}
