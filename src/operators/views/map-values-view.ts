import { valueAndTimestamp, type ValueAndTimestamp } from '../../core/value-and-timestamp.ts'
import type { ValueMapper } from '../../topology/functions.ts'
import type { TableView } from '../table-view.ts'

export interface MapValuesViewOptions {
  readonly mapper: ValueMapper
}

/**
 * A mapped table without a store: the mapper runs on each read. It may return null for a key that then has no
 * value.
 */
export class MapValuesView<K, V, R> implements TableView<K, R> {
  readonly #mapper: ValueMapper
  readonly #parent: TableView<K, V>

  constructor(options: MapValuesViewOptions, parent: TableView<K, V>) {
    this.#mapper = options.mapper
    this.#parent = parent
  }

  get(key: K, asOf?: number): ValueAndTimestamp<R> | null {
    const found = this.#parent.get(key, asOf)
    if (found === null) return null
    const mapped: R | null = this.#mapper(found.value, key) ?? null
    return mapped === null ? null : valueAndTimestamp(mapped, found.timestamp)
  }
}
