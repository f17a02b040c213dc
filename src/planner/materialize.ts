import type { TopologyNode } from '../topology/node.ts'
import { versionedSettings } from '../topology/versioned.ts'

/** What the planner decides about a table: whether it is kept in a store, and whether its updates carry old values. */
export interface TableState {
  materialized: boolean
  sendOldValues: boolean
}

/**
 * Which tables are kept and which send old values (Kafka Streams: KTableImpl.enableSendingOldValues and the getters of its
 * operators). The order of the declarations matters, as it does there: a filter asks its parent when it is declared, so
 * a parent that is only stored because of a later join does not change what the filter sends.
 */
export function materialize(nodes: readonly TopologyNode[]): ReadonlyMap<number, TableState> {
  return new Materializer(nodes).run()
}

class Materializer {
  readonly #nodes: readonly TopologyNode[]
  readonly #tables = new Map<number, TableState>()

  constructor(nodes: readonly TopologyNode[]) {
    this.#nodes = nodes
  }

  run(): ReadonlyMap<number, TableState> {
    for (const node of this.#nodes) this.#declare(node)
    return this.#tables
  }

  #declare(node: TopologyNode): void {
    const [left, right] = node.inputs
    switch (node.kind) {
      case 'stream-aggregate':
      case 'table-aggregate':
      case 'cogroup':
        this.#tables.set(node.id, { materialized: true, sendOldValues: false })
        return
      case 'table-source':
      case 'to-table':
      case 'table-map-values':
        this.#tables.set(node.id, { materialized: isKept(node), sendOldValues: false })
        return
      case 'table-filter':
        // Where the parent is kept anyway, old values spare tombstones for keys that never passed.
        this.#tables.set(node.id, {
          materialized: isKept(node),
          sendOldValues: this.#enableOldValues(left!, false),
        })
        return
      case 'suppress':
        this.#tables.set(node.id, { materialized: false, sendOldValues: false })
        this.#enableOldValues(left!, true)
        return
      case 'table-group':
        this.#enableOldValues(left!, true)
        return
      case 'stream-table-join':
        this.#needValues(right!)
        return
      case 'foreign-key-join':
        this.#tables.set(node.id, { materialized: isKept(node), sendOldValues: false })
        this.#enableOldValues(right!, true)
        this.#enableOldValues(left!, true)
        this.#needValues(right!)
        this.#needValues(left!)
        return
      case 'table-join':
        this.#tables.set(node.id, { materialized: isKept(node), sendOldValues: false })
        if (node.type !== 'inner') this.#enableOldValues(left!, true)
        if (node.type === 'outer') this.#enableOldValues(right!, true)
        this.#needValues(left!)
        this.#needValues(right!)
        return
      default:
    }
  }

  /** Somebody looks the table's values up: its sources must be kept (KTableImpl.valueGetterSupplier). */
  #needValues(id: number): void {
    const node = this.#nodes[id]!
    const table = this.#tables.get(id)!
    if (table.materialized) return
    if (isSource(node)) table.materialized = true
    else for (const input of node.inputs) this.#needValues(input)
  }

  #enableOldValues(id: number, force: boolean): boolean {
    const node = this.#nodes[id]!
    const table = this.#tables.get(id)!
    if (table.sendOldValues) return true
    table.sendOldValues = this.#canSendOldValues(node, table, force)
    return table.sendOldValues
  }

  #canSendOldValues(node: TopologyNode, table: TableState, force: boolean): boolean {
    const [left, right] = node.inputs
    switch (node.kind) {
      case 'table-source':
      case 'to-table':
      case 'foreign-key-join':
        if (!force && !table.materialized) return false
        table.materialized = true
        return true
      case 'table-filter':
      case 'table-map-values':
        return table.materialized || this.#enableOldValues(left!, force)
      case 'suppress':
        return this.#enableOldValues(left!, force)
      case 'table-join':
        this.#enableOldValues(left!, true)
        this.#enableOldValues(right!, true)
        return true
      default:
        return true
    }
  }
}

/** Its values cannot be computed from other tables: to be looked up they must be kept (Kafka Streams: KTableSource). */
function isSource({ kind }: TopologyNode): boolean {
  return kind === 'table-source' || kind === 'to-table' || kind === 'foreign-key-join'
}

/** Its user wants it kept. */
function isKept(node: TopologyNode & { readonly store: string | null }): boolean {
  return node.store !== null || versionedSettings(node) !== undefined || 'ttlMs' in node
}
