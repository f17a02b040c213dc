import type { Problem } from '../core/errors.ts'
import type { Windowed } from '../core/windowed.ts'
import { nameNodes, storeName } from './names.ts'
import type { NodeId, TopologyNode } from './node.ts'
import type { KeyValueStoreDeclaration, SessionStoreDeclaration, WindowStoreDeclaration } from './processor-stores.ts'

/** Something that can be read by name while it runs, for the types only: what its entries are. A `Windowed` key: of windows or sessions. */
export interface Queryable<K, V> {
  readonly key: K
  readonly value: V
}

/** Queryables by name, whatever they are. */
export type Queryables = Readonly<Record<string, Queryable<unknown, unknown>>>

/** What a store that was declared for processors holds, as a reader sees it. */
export type DeclaredQueryable<D> =
  D extends KeyValueStoreDeclaration<infer K, infer V>
    ? Queryable<K, V>
    : D extends WindowStoreDeclaration<infer K, infer V> | SessionStoreDeclaration<infer K, infer V>
      ? Queryable<Windowed<K>, V>
      : never

/** Where a queryable is kept. */
export interface QueryableStore<Q = unknown> {
  readonly store: string
  /** For the types only. */
  readonly of?: Q
}

/** What a declaration returned, before stores have names. */
export type Returned = { readonly node: NodeId } | { readonly store: string }
export type ReturnedByName = Readonly<Record<string, Returned>>

const computed: ReadonlySet<TopologyNode['kind']> = new Set(['table-filter', 'table-map-values'])

/**
 * Whoever wants to read a table from outside wants it kept: as if the user had given it a `store`, by the name that it would have anyway.
 * Only filters and mappers have none of their own (it would be that of their source); they are called as they were returned.
 */
export function keepQueryables(
  nodes: readonly TopologyNode[],
  returned: ReturnedByName,
): { readonly nodes: readonly TopologyNode[]; readonly queryables: Readonly<Record<string, QueryableStore>> } {
  const names = nameNodes(nodes)
  const kept = [...nodes]
  const queryables: Record<string, QueryableStore> = {}
  for (const [name, place] of Object.entries(returned)) {
    if ('store' in place) {
      queryables[name] = Object.freeze({ store: place.store })
      continue
    }
    const node = kept[place.node]!
    const isNameless = 'store' in node && node.store === null && node.name === null && computed.has(node.kind)
    const store = isNameless ? name : storeName(node, names[node.id]!.baseName)
    kept[node.id] = Object.freeze({ ...node, ...('store' in node && { store }) })
    queryables[name] = Object.freeze({ store })
  }
  return { nodes: Object.freeze(kept), queryables: Object.freeze(queryables) }
}

export function queryableProblems(nodes: readonly TopologyNode[], returned: ReturnedByName): readonly Problem[] {
  return Object.entries(returned).flatMap(([name, place]) => {
    if ('store' in place || 'store' in nodes[place.node]!) return []
    const problem = `a ${nodes[place.node]!.kind} keeps no table that could be read`
    return [{ path: `queryable ${name}`, problem, remedy: 'return the table that it comes from' }]
  })
}
