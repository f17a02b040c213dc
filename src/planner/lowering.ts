import type { Serde } from '../serde/serde.ts'
import { nameNodes, storeName, type NodeNames } from '../topology/names.ts'
import type { NodeId, TableSourceNode, TopologyNode } from '../topology/node.ts'
import type { TopologyOptimization } from '../topology/optimization.ts'
import { resolveSerdes, type NodeSerdes } from '../topology/serdes.ts'
import type { Topology } from '../topology/topology.ts'
import { historyOf } from '../topology/versioned.ts'
import { changelogConfigs, changelogTopic, repartitionConfigs, repartitionTopic } from './internal-topics.ts'
import { materialize, type TableState } from './materialize.ts'
import type { ViewSpec } from './view-spec.ts'
import { PhysicalGraph } from './physical-graph.ts'
import type { StoreSpec } from './store-spec.ts'
import { viewOf } from './views.ts'

/** What a logical node became: the physical node whose records are its output, and where they come from. */
export interface Lowered {
  readonly node: string
  /** The topics whose partitions its records keep to. */
  readonly topics: readonly string[]
  /** The key may have changed since those topics: whatever needs the key must repartition first. */
  readonly rekeyed: boolean
}

export interface RepartitionRequest {
  /** Topic: `<app>-<name>-repartition`. */
  readonly name: string
  readonly key: Serde<any> | null
  readonly value: Serde<any> | null
  readonly partitions?: number | null
  /** Asked for by the user: no optimization may do without it. */
  readonly isExplicit?: boolean
  readonly partitioner?: ((value: any, key: any, partitionCount: number) => number) | null
  /** The logical nodes that read it. */
  readonly readers: readonly TopologyNode[]
}

/** The state of one planning: the logical nodes with what is known of them, and the physical graph that grows. */
export class Lowering {
  readonly nodes: readonly TopologyNode[]
  readonly graph: PhysicalGraph = new PhysicalGraph()
  readonly applicationId: string
  readonly #names: readonly NodeNames[]
  readonly #serdes: readonly NodeSerdes[]
  readonly #tables: ReadonlyMap<NodeId, TableState>
  readonly #lowered = new Map<NodeId, Lowered>()
  readonly #repartitioned = new Map<string, { readonly from: string; readonly to: Lowered }>()
  readonly #relaxed: ReadonlySet<NodeId>
  readonly #optimizations: ReadonlySet<TopologyOptimization>

  constructor(topology: Topology, applicationId: string) {
    this.nodes = topology.nodes
    this.applicationId = applicationId
    this.#names = nameNodes(topology.nodes)
    this.#serdes = resolveSerdes(topology.nodes)
    this.#tables = materialize(topology.nodes)
    this.#relaxed = aboveRelaxedJoins(topology.nodes)
    this.#optimizations = new Set(topology.optimizations)
  }

  name(node: TopologyNode): string {
    return this.#names[node.id]!.nodeName
  }

  baseName(node: TopologyNode): string {
    return this.#names[node.id]!.baseName
  }

  serdes(node: TopologyNode): NodeSerdes {
    return this.#serdes[node.id]!
  }

  table(node: TopologyNode): TableState {
    return this.#tables.get(node.id)!
  }

  optimizes(what: TopologyOptimization): boolean {
    return this.#optimizations.has(what)
  }

  /** The updates of this input may be out of order, and are then known to be (KIP-914). */
  isVersioned(node: TopologyNode, index = 0): boolean {
    return historyOf(node.inputs[index]!, this.nodes) !== null
  }

  input(node: TopologyNode, index = 0): TopologyNode {
    return this.nodes[node.inputs[index]!]!
  }

  done(node: TopologyNode, lowered: Lowered): void {
    this.#lowered.set(node.id, lowered)
  }

  lowered(node: TopologyNode): Lowered {
    return this.#lowered.get(node.id)!
  }

  /** The serde, or a report that says who needs it and why. */
  need(serde: Serde<any> | null, node: TopologyNode, what: string): Serde<any> {
    if (serde !== null) return serde
    this.graph.problems.push({
      path: this.name(node),
      problem: `it needs a serde for the ${what}, and none is known at this point`,
      remedy: `name one where the type changes, for example in the options of map() or selectKey(), or here`,
    })
    return missingSerde
  }

  /** Registers the store of a node with its changelog; returns its name. */
  store(node: TopologyNode, spec: StoreSettings, suffix = ''): string {
    return this.storeNamed(storeName(node, this.baseName(node)) + suffix, node, spec)
  }

  storeNamed(name: string, node: TopologyNode, spec: StoreSettings): string {
    const full = { ...spec, name, changelogTopic: changelogTopic(this.applicationId, name) } as StoreSpec
    this.#addStore(node, full)
    this.graph.topics.push({
      name: full.changelogTopic,
      kind: 'changelog',
      partitions: null,
      configs: changelogConfigs(full),
      owner: this.name(node),
    })
    return name
  }

  /** The store of a table that is filled from the topic it reads, and has no changelog; returns its name. */
  storeOfSource(node: TableSourceNode, spec: StoreSettings): string {
    const name = this.tableStoreName(node)
    this.#addStore(node, { ...spec, name, changelogTopic: node.topic, reusesSource: true } as StoreSpec)
    return name
  }

  #addStore(node: TopologyNode, spec: StoreSpec): void {
    if (this.graph.stores.has(spec.name)) this.#reportSameStore(node, spec.name)
    this.graph.stores.set(spec.name, { spec, owner: this.name(node) })
  }

  tableStoreName(node: TopologyNode): string {
    return storeName(node, this.baseName(node))
  }

  view(node: TopologyNode): { readonly view: ViewSpec; readonly stores: readonly string[] } {
    return viewOf(this, node)
  }

  /** Sends `from` through a repartition topic and returns what comes out of it. Asking again for the same topic gives the same one. */
  repartition(from: Lowered, request: RepartitionRequest): Lowered {
    const topic = repartitionTopic(this.applicationId, request.name)
    const known = this.#repartitioned.get(topic)
    if (known !== undefined) {
      if (known.from !== from.node) this.#reportShared(request, topic)
      return known.to
    }
    const key = this.need(request.key, request.readers[0]!, 'key of its repartition topic')
    const value = this.need(request.value, request.readers[0]!, 'value of its repartition topic')
    // KIP-962: only where a left or outer join below keeps records without a key may they pass (rewriteRepartitionNodes).
    const dropNullKeys = !request.readers.some((reader) => this.#relaxed.has(reader.id))
    const partitioner = request.partitioner ?? null
    this.graph.add(`${request.name}-repartition-sink`, { kind: 'sink', topic, key, value, partitioner, dropNullKeys }, [
      from.node,
    ])
    const node = `${request.name}-repartition-source`
    this.graph.sources.push({
      topic,
      nodeName: node,
      key,
      value,
      timestamp: null,
      offsetReset: 'earliest',
      internal: true,
    })
    this.graph.add(node, { kind: 'pass' }, [])
    this.graph.topics.push({
      name: topic,
      kind: 'repartition',
      partitions: request.partitions ?? null,
      configs: repartitionConfigs,
      owner: node,
      isMergeable: request.isExplicit !== true,
    })
    const lowered = { node, topics: [topic], rekeyed: false }
    this.#repartitioned.set(topic, { from: from.node, to: lowered })
    return lowered
  }

  #reportSameStore(node: TopologyNode, store: string): void {
    this.graph.problems.push({
      path: this.name(node),
      problem: `its store would be called ${store}, as that of ${this.graph.stores.get(store)!.owner} is`,
      remedy: 'give one of the two nodes a `name` or `store` of its own; processors share a store by its declaration',
    })
  }

  #reportShared(request: RepartitionRequest, topic: string): void {
    this.graph.problems.push({
      path: this.name(request.readers[0]!),
      problem: `its repartition topic would be ${topic}, which another stream is written to`,
      remedy: 'give the node, or the selectKey() or map() before it, a `name`',
    })
  }

  /** Records of these inputs meet by key: their topics need equal partition counts. */
  copartition(node: TopologyNode, inputs: readonly Lowered[]): readonly string[] {
    const topics = [...new Set(inputs.flatMap((input) => input.topics))]
    if (topics.length > 1) this.graph.copartitionGroups.push({ topics, nodeName: this.name(node) })
    return topics
  }
}

type StoreSettings = StoreSpec extends infer S
  ? S extends StoreSpec
    ? Omit<S, 'name' | 'changelogTopic'>
    : never
  : never

/** Stands in after a problem was reported, so that the remaining mistakes are found too; never runs. */
const missingSerde: Serde<any> = Object.freeze({
  name: 'missing',
  serialize: () => new Uint8Array(),
  deserialize: () => null,
})

/** Nodes that have a left or outer join with a stream on the left at or below them. */
function aboveRelaxedJoins(nodes: readonly TopologyNode[]): ReadonlySet<NodeId> {
  const above = new Set<NodeId>()
  for (const node of nodes.toReversed()) {
    const isJoin =
      node.kind === 'stream-join' || node.kind === 'stream-table-join' || node.kind === 'stream-global-join'
    const relaxed = isJoin && node.type !== 'inner'
    if (!relaxed && !above.has(node.id)) continue
    above.add(node.id)
    for (const input of node.inputs) above.add(input)
  }
  return above
}
