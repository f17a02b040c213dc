import { nearestName } from '../core/nearest-name.ts'
import { QueryError } from '../core/errors.ts'
import type { GlobalTableSpec, Plan, PlanNode, Subtopology } from '../planner/plan.ts'
import type { StoreSpec } from '../planner/store-spec.ts'
import { bindSerde } from '../runtime/create-store.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { Serde } from '../serde/serde.ts'

/** What a store can be asked: by key, by key and time of a version, by key and window. */
export type QueryKind = 'key-value' | 'versioned' | 'window' | 'session' | 'global'

/** What is known of a store that can be read, whoever has its partitions. Serdes are bound, so that everything after this is synchronous. */
export interface CatalogStore {
  readonly name: string
  readonly kind: QueryKind
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  /** Size of windows in a window store; else 0. */
  readonly windowSizeMs: number
  /** The topics whose partition numbers are those of the store; none for a global table, which every instance has as a whole. */
  readonly topics: readonly string[]
  /**
   * By what the partition of a key is chosen: its bytes in a topic that feeds the store (Kafka Streams: StreamsMetadataState). Null where it cannot
   * be told by the key: a processor puts what it likes, a partitioner of the user's sees the value too, and topics of different
   * widths have the same key in different partitions.
   */
  readonly routing: { readonly topic: string; readonly key: Serde<unknown> } | null
}

const queryKinds: ReadonlySet<string> = new Set<QueryKind>(['key-value', 'versioned', 'window', 'session'])

/** All stores of a plan that can be read, by name. */
export class StoreCatalog {
  readonly stores: ReadonlyMap<string, CatalogStore>
  readonly #plan: Plan

  private constructor(plan: Plan, stores: ReadonlyMap<string, CatalogStore>) {
    this.#plan = plan
    this.stores = stores
  }

  /** @throws BrokerError `MILLRACE_REGISTRY_FAILED` when a serde needs the registry and it does not answer */
  static async open(
    plan: Plan,
    options: { readonly registry: SchemaRegistry | undefined; readonly partitionCounts: ReadonlyMap<string, number> },
  ): Promise<StoreCatalog> {
    const stores = plan.subtopologies.flatMap((subtopology) =>
      subtopology.stores
        .filter(({ kind }) => queryKinds.has(kind))
        .map((spec) => bindStore(spec, { plan, subtopology, ...options })),
    )
    const globals = plan.globalTables.map((spec) => bindGlobal(spec, options.registry))
    const bound = await Promise.all([...stores, ...globals])
    return new StoreCatalog(plan, new Map(bound.map((store) => [store.name, store])))
  }

  /** @throws QueryError `MILLRACE_STORE_UNKNOWN` */
  find(name: string): CatalogStore {
    return this.stores.get(findStore(this.#plan, name).name)!
  }
}

/**
 * A store of a plan that can be read, by the name under which the topology returned it, or by its own.
 * @throws QueryError `MILLRACE_STORE_UNKNOWN`
 */
export function findStore(plan: Plan, name: string): { readonly name: string; readonly kind: QueryKind } {
  const { queryables, globalTables } = plan
  const own = Object.hasOwn(queryables, name) ? queryables[name]! : name
  if (globalTables.some(({ store }) => store === own)) return { name: own, kind: 'global' }
  const specs = plan.subtopologies.flatMap(({ stores }) => stores)
  const spec = specs.find((each) => each.name === own)
  if (spec !== undefined && queryKinds.has(spec.kind)) return { name: own, kind: spec.kind as QueryKind }
  const readable = specs.filter(({ kind }) => queryKinds.has(kind)).map((each) => each.name)
  const names = [...new Set([...Object.keys(queryables), ...readable, ...globalTables.map(({ store }) => store)])]
  throw new QueryError('MILLRACE_STORE_UNKNOWN', unknown(name, spec, names), { store: name })
}

function unknown(name: string, spec: StoreSpec | undefined, names: readonly string[]): string {
  if (spec !== undefined)
    return `the store ${name} belongs to an operator (${spec.kind}) and cannot be read from outside`
  const nearest = nearestName(name, names)
  if (nearest !== undefined) return `there is no store ${name}: did you mean ${nearest}?`
  return `there is no store ${name}; there is ${names.length === 0 ? 'none' : names.join(', ')}`
}

interface Binding {
  readonly plan: Plan
  readonly subtopology: Subtopology
  readonly registry: SchemaRegistry | undefined
  readonly partitionCounts: ReadonlyMap<string, number>
}

async function bindStore(spec: StoreSpec, binding: Binding): Promise<CatalogStore> {
  const { name, changelogTopic: topic } = spec
  const { subtopology, registry } = binding
  const routingTopic = routingTopicOf(name, binding)
  return {
    name,
    kind: spec.kind as QueryKind,
    key: await bindSerde(spec.key, { topic, part: 'key', registry }),
    value: await bindSerde(spec.value, { topic, part: 'value', registry }),
    windowSizeMs: spec.kind === 'window' ? spec.windowSizeMs : 0,
    topics: [...new Set(subtopology.sources.map((source) => source.topic))],
    routing:
      routingTopic === null
        ? null
        : { topic: routingTopic, key: await bindSerde(spec.key, { topic: routingTopic, part: 'key', registry }) },
  }
}

function routingTopicOf(store: string, { plan, subtopology, partitionCounts }: Binding): string | null {
  const users = subtopology.nodes.filter(({ stores }) => stores.includes(store))
  if (users.some(({ operator }) => operator.kind === 'process')) return null
  const feeding = subtopology.sources
    .filter(({ nodeName }) => reaches(nodeName, users, subtopology))
    .map(({ topic }) => topic)
  const widths = new Set(feeding.map((topic) => partitionCounts.get(topic)))
  return widths.size === 1 && !hasPartitioner(feeding, plan) ? feeding[0]! : null
}

function reaches(from: string, users: readonly PlanNode[], { nodes }: Subtopology): boolean {
  const open = [from]
  // grows while it is walked; a name may come twice, which ends all the same: the graph has no circles
  for (const name of open) {
    if (users.some((user) => user.name === name)) return true
    open.push(...(nodes.find((node) => node.name === name)?.children ?? []))
  }
  return false
}

function hasPartitioner(topics: readonly string[], { subtopologies }: Plan): boolean {
  return subtopologies.some(({ nodes }) =>
    nodes.some(
      ({ operator }) =>
        operator.kind === 'sink' && operator.partitioner !== null && topics.includes(operator.topic as string),
    ),
  )
}

async function bindGlobal(
  { store, topic, key, value }: GlobalTableSpec,
  registry: SchemaRegistry | undefined,
): Promise<CatalogStore> {
  return {
    name: store,
    kind: 'global',
    key: await bindSerde(key, { topic, part: 'key', registry }),
    value: await bindSerde(value, { topic, part: 'value', registry }),
    windowSizeMs: 0,
    topics: [],
    routing: null,
  }
}
