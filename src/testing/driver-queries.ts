import { LocalQueries } from '../queries/local-queries.ts'
import type { QueryAnswerer } from '../queries/routed-queries.ts'
import type { StoreCatalog } from '../queries/store-catalog.ts'
import type { StateStore } from '../state/state-store.ts'

/** Queries of a test driver: one task has it all, and it always runs. */
export function driverQueries(
  catalog: StoreCatalog,
  driver: {
    readonly partitionCounts: ReadonlyMap<string, number>
    readonly storeOf: (name: string) => StateStore | undefined
  },
): QueryAnswerer {
  const local = new LocalQueries({
    state: () => 'running',
    catalog: () => catalog,
    partitionCounts: () => driver.partitionCounts,
    address: () => null,
    local: ({ name }) => {
      const store = driver.storeOf(name)
      return new Map(store === undefined ? [] : [[0, store]])
    },
    members: () => [],
  })
  return { local, answer: async (store, query, partitions) => local.answer(store, query, partitions) }
}
