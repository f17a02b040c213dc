import type { Plan } from '../planner/plan.ts'
import { LocalQueries } from '../queries/local-queries.ts'
import { StoreCatalog } from '../queries/store-catalog.ts'
import { makeReader } from '../queries/store-readers.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'

export type DriverReaders = (store: string | StoreDeclaration) => ReturnType<typeof makeReader>

/** Readers of a test driver: one task on one partition has it all, and it always runs. */
export async function driverReaders(
  plan: Plan,
  registry: SchemaRegistry | undefined,
  storeOf: (name: string) => StateStore | undefined,
): Promise<DriverReaders> {
  const sources = plan.subtopologies.flatMap((subtopology) => subtopology.sources)
  const partitionCounts = new Map(sources.map(({ topic }) => [topic, 1]))
  const catalog = await StoreCatalog.open(plan, { registry, partitionCounts })
  const local = new LocalQueries({
    state: () => 'running',
    catalog: () => catalog,
    partitionCounts: () => partitionCounts,
    address: () => null,
    local: ({ name }) => {
      const store = storeOf(name)
      return new Map(store === undefined ? [] : [[0, store]])
    },
    members: () => [],
  })
  const answerer: Parameters<typeof makeReader>[2] = {
    local,
    answer: async (store, query, partitions) => local.answer(store, query, partitions),
  }
  return (store) => makeReader(plan, store, answerer)
}
