import { bytes } from '../serde/bytes.ts'
import { json } from '../serde/json.ts'
import type { OperatorSpec } from './operator-spec.ts'
import { changelogConfigs, changelogTopic } from './internal-topics.ts'
import type { PhysicalGraph, PhysicalNode } from './physical-graph.ts'
import type { PlanSource } from './plan.ts'
import type { KeyValueStoreSpec } from './store-spec.ts'

/**
 * Gives every source that leads to an operator that parks a store with a changelog: the marks of its parked keys. One for each
 * topic, named after it, so that an operator added elsewhere renames none (docs/adr/0013).
 */
export function addParking(graph: PhysicalGraph, applicationId: string): void {
  const parking = graph.nodes.filter(({ onError }) => onError?.then === 'park')
  if (parking.length === 0) return
  const above = new Set<string>()
  for (const node of parking) {
    const ancestors = ancestorsOf(graph, node)
    reportState(graph, node, ancestors)
    for (const { name } of [node, ...ancestors]) above.add(name)
  }
  for (const [index, source] of graph.sources.entries()) {
    if (above.has(source.nodeName)) graph.sources[index] = withStore(graph, source, applicationId)
  }
}

function ancestorsOf(graph: PhysicalGraph, node: PhysicalNode): readonly PhysicalNode[] {
  const byName = new Map(graph.nodes.map((each) => [each.name, each]))
  const found = new Set<PhysicalNode>()
  const visit = ({ parents }: PhysicalNode): void => {
    for (const parent of parents.map((name) => byName.get(name)!)) {
      if (found.has(parent)) continue
      found.add(parent)
      visit(parent)
    }
  }
  visit(node)
  return [...found]
}

/** A replay goes from the task's input to the operator again: what lies between must not remember the first time. */
function reportState(graph: PhysicalGraph, node: PhysicalNode, ancestors: readonly PhysicalNode[]): void {
  const { problems } = graph
  if (node.operator.kind === 'stream-table-grace-join') {
    const problem = 'it cannot park: a record that waits for the table is joined while another one is processed'
    problems.push({
      path: node.name,
      problem,
      remedy: "leave out `grace`, or use another onError, such as 'dead-letter'",
    })
  }
  const waiting = ancestors.find(({ operator: { kind } }) => kind === 'map-async' || kind === 'map-batch')
  if (waiting !== undefined) {
    const problem = `it cannot park: what ${waiting.name} above it has under way cannot be held back`
    problems.push({ path: node.name, problem, remedy: 'put a repartition() between the two, or use another onError' })
    return
  }
  const stateful = ancestors.find(({ operator }) => remembers(operator))
  if (stateful === undefined) return
  problems.push({
    path: node.name,
    problem: `it cannot park: ${stateful.name} above it has state, which a replayed record would change a second time`,
    remedy: 'put a repartition() between the two, or use another onError',
  })
}

const stateless: ReadonlySet<OperatorSpec['kind']> = new Set([
  'fused',
  'flat-map',
  'flat-map-values',
  'foreach',
  'pass',
  'split',
  'table-to-stream',
  'table-join-side',
  'table-group',
  'stream-table-join',
  'stream-global-join',
  'sink',
])

/** Something of a record stays in it, so that the same record makes another result the second time. */
function remembers(operator: OperatorSpec): boolean {
  if (stateless.has(operator.kind)) return false
  switch (operator.kind) {
    case 'process':
      return operator.stores.length > 0
    case 'table-source':
      return operator.store !== null && operator.sendOldValues
    case 'table-filter':
    case 'table-map-values':
    case 'table-join-merge':
      return operator.store !== null
    default:
      return true
  }
}

function withStore(graph: PhysicalGraph, source: PlanSource, applicationId: string): PlanSource {
  const { topic, nodeName } = source
  const own = `${applicationId}-`
  const name = `${topic.startsWith(own) && source.internal ? topic.slice(own.length) : topic}-parked`
  const spec: KeyValueStoreSpec = {
    kind: 'key-value',
    name,
    key: bytes(),
    value: json(),
    changelogTopic: changelogTopic(applicationId, name),
  }
  graph.stores.set(name, { spec, owner: nodeName })
  const configs = changelogConfigs(spec)
  graph.topics.push({ name: spec.changelogTopic, kind: 'changelog', partitions: null, configs, owner: nodeName })
  const at = graph.nodes.findIndex((node) => node.name === nodeName)
  const node = graph.nodes[at]!
  graph.nodes[at] = { ...node, stores: [...node.stores, name] }
  return { ...source, parkedStore: name }
}
