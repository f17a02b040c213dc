import { hash } from 'node:crypto'
import type { Plan, PlanNode, Subtopology } from './plan.ts'
import type { StoreSpec } from './store-spec.ts'

/** What the bytes of one store's changelog, and their meaning, depend on. */
export interface StoreFingerprint {
  readonly name: string
  readonly kind: StoreSpec['kind']
  /** Names of serdes by what they are for: `key`, `value`, and what the kind has besides. */
  readonly serdes: Readonly<Record<string, string>>
  /** What entries mean: kind, size and advance of windows. */
  readonly windows: Readonly<Record<string, string | number>> | null
  /** How long entries are kept, in milliseconds of event time; null: until they are deleted. */
  readonly retentionMs: number | null
  readonly changelogTopic: string
  /** True: the changelog is the topic that the table reads. */
  readonly reusesSource: boolean
  /** Of the changelog; null where no broker was asked yet. */
  readonly partitions: number | null
  /** The topics that its sub-topology reads. */
  readonly inputs: readonly string[]
}

/** What the records of one repartition topic depend on. */
export interface RepartitionFingerprint {
  readonly topic: string
  readonly serdes: Readonly<Record<string, string>>
  readonly partitions: number | null
}

/** What a topology keeps in Kafka and in which form: two versions with compatible ones can take turns on one state (docs/adr/0015). */
export interface TopologyFingerprint {
  readonly stores: readonly StoreFingerprint[]
  readonly repartitions: readonly RepartitionFingerprint[]
}

/** The fingerprint of a plan; with partition counts where they are known. */
export function fingerprintOf(
  plan: Plan,
  partitionCounts: ReadonlyMap<string, number> = new Map(),
): TopologyFingerprint {
  const countOf = (topic: string): number | null => partitionCounts.get(topic) ?? null
  const stores = plan.subtopologies.flatMap((subtopology) =>
    subtopology.stores.map((spec) => storeFingerprint(spec, subtopology, countOf(spec.changelogTopic))),
  )
  const repartitions = plan.subtopologies.flatMap(({ sources }) =>
    sources
      .filter(({ internal }) => internal)
      .map(({ topic, key, value }) =>
        Object.freeze({
          topic,
          serdes: Object.freeze({ key: key.name, value: value.name }),
          partitions: countOf(topic),
        }),
      ),
  )
  return Object.freeze({
    stores: Object.freeze(stores.toSorted((a, b) => (a.name < b.name ? -1 : 1))),
    repartitions: Object.freeze(repartitions.toSorted((a, b) => (a.topic < b.topic ? -1 : 1))),
  })
}

/** Eight hex digits of a fingerprint without its partition counts, which a plan does not know; for people to compare. */
export function fingerprintHash({ stores, repartitions }: TopologyFingerprint): string {
  const plain = {
    stores: stores.map((store) => ({ ...store, partitions: null })),
    repartitions: repartitions.map((repartition) => ({ ...repartition, partitions: null })),
  }
  return hash('sha256', JSON.stringify(plain)).slice(0, 8)
}

function storeFingerprint(spec: StoreSpec, subtopology: Subtopology, partitions: number | null): StoreFingerprint {
  return Object.freeze({
    name: spec.name,
    kind: spec.kind,
    serdes: Object.freeze(serdesOf(spec)),
    windows: windowsOf(spec, subtopology.nodes),
    retentionMs: retentionOf(spec),
    changelogTopic: spec.changelogTopic,
    reusesSource: 'reusesSource' in spec && spec.reusesSource === true,
    partitions,
    inputs: Object.freeze(subtopology.sources.map(({ topic }) => topic).toSorted()),
  })
}

function serdesOf(spec: StoreSpec): Readonly<Record<string, string>> {
  const entries = Object.entries(spec).filter(
    (entry): entry is [string, { readonly name: string }] =>
      typeof entry[1] === 'object' && entry[1] !== null && 'serialize' in entry[1],
  )
  entries.sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([part, { name }]) => [part, name]))
}

function retentionOf(spec: StoreSpec): number | null {
  if (spec.kind === 'versioned') return spec.historyRetentionMs
  return 'retentionMs' in spec ? spec.retentionMs : null
}

/** From the operator that fills it, as the store itself knows the size at most. Grace is left out: it changes no entry. */
function windowsOf(spec: StoreSpec, nodes: readonly PlanNode[]): StoreFingerprint['windows'] {
  for (const { operator } of nodes) {
    if (!('store' in operator) || operator.store !== spec.name) continue
    // Its entries are what came before, whatever `within` says now.
    if (operator.kind === 'dedupe') return null
    if (!('windows' in operator)) continue
    const { graceMs: _, ...windows } = operator.windows
    return windows
  }
  return spec.kind === 'window' ? { kind: 'window', sizeMs: spec.windowSizeMs } : null
}
