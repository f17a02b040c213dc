import type { ValueAndTimestamp } from '../../core/value-and-timestamp.ts'
import type { VersionedStore } from '../../state/versioned-store.ts'
import type { TableView } from '../table-view.ts'

/** A table whose versions are kept. */
export class VersionedStoreView<K, V> implements TableView<K, V> {
  readonly #store: Pick<VersionedStore<K, V>, 'get' | 'getAsOf'>

  constructor(store: Pick<VersionedStore<K, V>, 'get' | 'getAsOf'>) {
    this.#store = store
  }

  get(key: K, asOf?: number): ValueAndTimestamp<V> | null {
    return asOf === undefined ? this.#store.get(key) : this.#store.getAsOf(key, asOf)
  }
}
