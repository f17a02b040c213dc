import type { ValueAndTimestamp } from '../../core/value-and-timestamp.ts'
import type { ReadOnlyKeyValueStore } from '../../state/key-value-store.ts'
import type { TableView } from '../table-view.ts'

/** A table that is kept in a store of its own. */
export class StoreView<K, V> implements TableView<K, V> {
  readonly #store: ReadOnlyKeyValueStore<K, V>

  constructor(store: ReadOnlyKeyValueStore<K, V>) {
    this.#store = store
  }

  get(key: K): ValueAndTimestamp<V> | null {
    return this.#store.get(key)
  }
}
