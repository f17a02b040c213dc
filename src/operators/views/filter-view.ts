import type { ValueAndTimestamp } from '../../core/value-and-timestamp.ts'
import type { Predicate } from '../../topology/functions.ts'
import type { TableView } from '../table-view.ts'

export interface FilterViewOptions {
  readonly predicate: Predicate
  readonly negate: boolean
}

/** A filtered table without a store: its parent's value where that passes. */
export class FilterView<K, V> implements TableView<K, V> {
  readonly #options: FilterViewOptions
  readonly #parent: TableView<K, V>

  constructor(options: FilterViewOptions, parent: TableView<K, V>) {
    this.#options = options
    this.#parent = parent
  }

  get(key: K, asOf?: number): ValueAndTimestamp<V> | null {
    const found = this.#parent.get(key, asOf)
    if (found === null) return null
    return Boolean(this.#options.predicate(found.value, key)) !== this.#options.negate ? found : null
  }
}
