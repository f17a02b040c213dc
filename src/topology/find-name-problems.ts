import type { Problem } from '../core/errors.ts'
import { nameNodes, storeName } from './names.ts'
import type { TopologyNode } from './node.ts'

const legalName = /^[a-zA-Z0-9._-]{1,200}$/

/** Names decide the names of topics and stores: no two alike, none that a topic cannot have. */
export function findNameProblems(topologyName: string, nodes: readonly TopologyNode[]): readonly Problem[] {
  return [
    ...illegalTopologyName(topologyName),
    ...nodes.flatMap(illegalNames),
    ...sameNames(nodes),
    ...sameStores(nodes),
  ]
}

function illegalTopologyName(name: string): Problem[] {
  if (legalName.test(name)) return []
  return [
    {
      path: `topology ${JSON.stringify(name)}`,
      problem: 'the name cannot be part of a topic name',
      remedy: 'use letters, digits, ".", "_" and "-", 200 at most',
    },
  ]
}

function illegalNames(node: TopologyNode): Problem[] {
  return givenNames(node)
    .filter((name) => name !== null && !legalName.test(name))
    .map((name) => ({
      path: node.kind,
      problem: `${JSON.stringify(name)} cannot be part of a topic name`,
      remedy: 'use letters, digits, ".", "_" and "-", 200 at most',
    }))
}

/** Each once, where the user said it; those that are made of them are legal when these are. */
function givenNames(node: TopologyNode): readonly (string | null)[] {
  const names = [node.name]
  if ('store' in node) names.push(node.store)
  if ('grouping' in node) names.push(node.grouping.name)
  if (node.kind === 'process') names.push(...node.stores.map((store) => store.name))
  if (node.kind === 'split') names.push(...node.branches.map((branch) => branch.name))
  return [...new Set(names)]
}

function sameNames(nodes: readonly TopologyNode[]): Problem[] {
  return repeated(nodes.flatMap((node) => node.name ?? [])).map((name) => ({
    path: name,
    problem: 'two nodes have this name',
    remedy: 'give each its own `name`',
  }))
}

const keeps: ReadonlySet<TopologyNode['kind']> = new Set([
  'table-source',
  'global-table-source',
  'to-table',
  'stream-aggregate',
  'table-aggregate',
  'cogroup',
  'over',
  'dedupe',
  'suppress',
  'stream-join',
  'table-join',
  'foreign-key-join',
  'repartition',
])

function sameStores(nodes: readonly TopologyNode[]): Problem[] {
  const names = nameNodes(nodes)
  const keepers = nodes.filter(keepsSomething)
  return repeated(keepers.map((node) => storeName(node, names[node.id]!.baseName))).map((name) => ({
    path: name,
    problem: 'two nodes would keep their state or topic under this name',
    remedy: 'give one of them a `name` or `store` of its own',
  }))
}

function keepsSomething(node: TopologyNode): boolean {
  const buffers = node.kind === 'stream-table-join' && node.graceMs !== null
  return buffers || keeps.has(node.kind) || ('store' in node && node.store !== null)
}

/** What occurs more than once, each once. */
function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) < index))]
}
