import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type { DeclaredQueryable, Queryable, Returned, ReturnedByName } from '../topology/queryables.ts'
import type { GraphBuilder } from '../topology/topology.ts'
import { GlobalTable } from './global-table.ts'
import { KTable } from './ktable.ts'

/** What can be read under a name once the topology runs, by what its declaration returned; nothing unless it returned a record of tables. */
export type QueryablesOf<R> = [R] extends [
  Readonly<Record<string, KTable<any, any> | GlobalTable<any, any> | StoreDeclaration>>,
]
  ? { readonly [N in keyof R]: QueryableOf<R[N]> }
  : Record<never, never>

/** What a table or a declared store holds, as a reader sees it. */
export type QueryableOf<T> =
  T extends KTable<infer K, infer V>
    ? Queryable<K, V>
    : T extends GlobalTable<infer K, infer V>
      ? Queryable<K, V>
      : DeclaredQueryable<T>

/** A value that a declaration returned and that holds no table at all was returned by accident: an arrow function without braces. */
export function readQueryables(graph: GraphBuilder, returned: unknown): ReturnedByName {
  if (typeof returned !== 'object' || returned === null || Object.getPrototypeOf(returned) !== Object.prototype)
    return {}
  const found = Object.entries(returned).map(([name, value]) => [name, placeOf(value)] as const)
  if (found.every(([, place]) => place === undefined)) return {}
  for (const [name, place] of found) {
    if (place !== undefined) continue
    const remedy = 'return tables, global tables and declared stores only; of a stream, what toTable() makes of it'
    graph.report({ path: `queryable ${name}`, problem: 'it is no table', remedy })
  }
  return Object.fromEntries(found.filter((entry): entry is [string, Returned] => entry[1] !== undefined))
}

function placeOf(value: unknown): Returned | undefined {
  if (value instanceof KTable || value instanceof GlobalTable) return { node: value.node }
  const declared = value as Partial<StoreDeclaration> | null | undefined
  const isDeclared = typeof declared?.name === 'string' && typeof declared.kind === 'string' && 'key' in declared
  return isDeclared ? { store: declared.name } : undefined
}
