import { fingerprintHash, fingerprintOf } from './topology-fingerprint.ts'
import type { Plan, PlanNode, PlanSource, Subtopology } from './plan.ts'

/** How a plan is printed: for people, for programs, for Graphviz. */
export type DescribeFormat = 'text' | 'json' | 'dot'

/**
 * Prints a plan: `text` in the form of Kafka Streams' `Topology#describe()`, which its viewers read; `json` for programs;
 * `dot` for Graphviz. A fused chain shows as one processor named by its steps, joined by `+`.
 */
export function describePlan(plan: Plan, format: DescribeFormat = 'text'): string {
  if (format === 'json') return JSON.stringify(planJson(plan), null, 2)
  return format === 'dot' ? planDot(plan) : planText(plan)
}

function label(node: PlanNode): string {
  return node.operator.kind === 'fused' ? node.operator.steps.map((step) => step.name).join('+') : node.name
}

/** Nodes whose only work is to receive a topic's records are shown as the source itself. */
function isSource(subtopology: Subtopology, node: PlanNode): readonly PlanSource[] {
  return subtopology.sources.filter((source) => source.nodeName === node.name)
}

function planText(plan: Plan): string {
  const lines = ['Topologies:']
  for (const subtopology of plan.subtopologies) {
    lines.push(`   Sub-topology: ${subtopology.id}`)
    const labels = new Map(subtopology.nodes.map((node) => [node.name, label(node)]))
    for (const node of subtopology.nodes) {
      lines.push(`    ${headline(subtopology, node)}`)
      const parents = subtopology.nodes.filter((other) => other.children.includes(node.name)).map(label)
      if (node.operator.kind !== 'sink')
        lines.push(`      --> ${node.children.map((child) => labels.get(child)).join(', ') || 'none'}`)
      if (parents.length > 0) lines.push(`      <-- ${parents.join(', ')}`)
    }
    lines.push('')
  }
  for (const { nodeName, topic, store } of plan.globalTables) {
    lines.push(
      '   Global table, held by every instance:',
      `    Source: ${nodeName} (topics: [${topic}], stores: [${store}])`,
      '',
    )
  }
  return lines.join('\n')
}

function headline(subtopology: Subtopology, node: PlanNode): string {
  const sources = isSource(subtopology, node)
  if (sources.length > 0)
    return `Source: ${label(node)} (topics: [${sources.map((source) => source.topic).join(', ')}])`
  if (node.operator.kind === 'sink') {
    const { topic } = node.operator
    return typeof topic === 'string'
      ? `Sink: ${label(node)} (topic: ${topic})`
      : `Sink: ${label(node)} (extractor class: ${topic.name || 'function'})`
  }
  return `Processor: ${label(node)} (stores: [${node.stores.join(', ')}])`
}

function planJson(plan: Plan): unknown {
  return {
    topology: plan.topologyName,
    applicationId: plan.applicationId,
    subtopologies: plan.subtopologies.map((subtopology) => ({
      id: subtopology.id,
      sources: subtopology.sources.map((source) => ({
        topic: source.topic,
        node: source.nodeName,
        key: source.key.name,
        value: source.value.name,
        internal: source.internal,
      })),
      nodes: subtopology.nodes.map((node) => ({
        name: node.name,
        kind: node.operator.kind,
        ...(node.operator.kind === 'fused'
          ? { steps: node.operator.steps.map(({ kind, name }) => ({ kind, name })) }
          : {}),
        ...(node.operator.kind === 'sink'
          ? { topic: typeof node.operator.topic === 'string' ? node.operator.topic : null }
          : {}),
        children: node.children,
        stores: node.stores,
      })),
      stores: subtopology.stores.map((store) => ({
        name: store.name,
        kind: store.kind,
        changelogTopic: store.changelogTopic,
        ...('reusesSource' in store && store.reusesSource === true ? { reusesSource: true } : {}),
        key: store.key.name,
        value: store.value.name,
      })),
    })),
    globalTables: plan.globalTables.map(({ topic, nodeName, store, key, value }) => ({
      topic,
      node: nodeName,
      store,
      key: key.name,
      value: value.name,
    })),
    internalTopics: plan.internalTopics,
    copartitionGroups: plan.copartitionGroups,
    fingerprint: { hash: fingerprintHash(fingerprintOf(plan)), ...fingerprintOf(plan) },
  }
}

function planDot(plan: Plan): string {
  const quote = (text: string): string => JSON.stringify(text)
  const lines = [`digraph ${quote(plan.topologyName)} {`, '  rankdir=LR;', '  node [shape=box, style=rounded];']
  const topics = new Set<string>()
  const edges: string[] = []
  for (const subtopology of plan.subtopologies) {
    lines.push(`  subgraph cluster_${subtopology.id} {`, `    label=${quote(`sub-topology ${subtopology.id}`)};`)
    for (const node of subtopology.nodes) {
      const id = `${subtopology.id}/${node.name}`
      const stores = node.stores.length > 0 ? `\n[${node.stores.join(', ')}]` : ''
      lines.push(`    ${quote(id)} [label=${quote(label(node) + stores)}];`)
      edges.push(...node.children.map((child) => `  ${quote(id)} -> ${quote(`${subtopology.id}/${child}`)};`))
      for (const { topic } of isSource(subtopology, node)) {
        topics.add(topic)
        edges.push(`  ${quote(topic)} -> ${quote(id)};`)
      }
      if (node.operator.kind === 'sink' && typeof node.operator.topic === 'string') {
        topics.add(node.operator.topic)
        edges.push(`  ${quote(id)} -> ${quote(node.operator.topic)};`)
      }
    }
    lines.push('  }')
  }
  for (const topic of topics) lines.push(`  ${quote(topic)} [shape=cylinder, style=solid];`)
  return [...lines, ...edges, '}', ''].join('\n')
}
