import type { Problem } from '../core/errors.ts'
import type { TopologyNode } from '../topology/node.ts'
import { topologyTopic } from './internal-topics.ts'
import type { PhysicalGraph } from './physical-graph.ts'

/** Kafka's limit (org.apache.kafka.common.internals.Topic). */
const topicLengthMax = 249

/**
 * What only shows once the plan has its names: a join adds `-left` and `-right` to its own, a table source `-source`, a
 * repartition topic `-repartition-sink` and `-repartition-source`, and any of these may be another node's name.
 */
export function findClashes(
  graph: PhysicalGraph,
  nodes: readonly TopologyNode[],
  applicationId: string,
): readonly Problem[] {
  const internal = new Set([topologyTopic(applicationId), ...graph.topics.map(({ name }) => name)])
  return [...sameNodeNames(graph), ...internalTopicsOfUsers(internal, nodes), ...longTopics(graph)]
}

function sameNodeNames({ nodes }: PhysicalGraph): Problem[] {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const { name } of nodes) (seen.has(name) ? twice : seen).add(name)
  return [...twice].map((name) => ({
    path: name,
    problem:
      'two steps of the plan would have this name, one of them made from the name of a join, table or repartition',
    remedy: 'give one of the two nodes another `name`',
  }))
}

function internalTopicsOfUsers(internal: ReadonlySet<string>, nodes: readonly TopologyNode[]): Problem[] {
  const used = nodes.flatMap((node) => {
    if (node.kind === 'stream-source') return node.topics
    return (node.kind === 'table-source' || node.kind === 'sink') && typeof node.topic === 'string' ? [node.topic] : []
  })
  return [...new Set(used)]
    .filter((topic) => internal.has(topic))
    .map((topic) => ({
      path: `topic ${topic}`,
      problem: 'it is an internal topic of this app, and the topology reads or writes it',
      remedy: 'use a topic of another name',
    }))
}

function longTopics({ topics }: PhysicalGraph): Problem[] {
  return topics
    .filter(({ name }) => name.length > topicLengthMax)
    .map(({ name, owner }) => ({
      path: owner,
      problem: `its topic ${name} would have a name of ${name.length} characters, and Kafka allows ${topicLengthMax}`,
      remedy: 'give the node a shorter `name`, or the app a shorter application id',
    }))
}
