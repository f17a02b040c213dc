import type { ValueAndTimestamp } from '../../core/value-and-timestamp.ts'
import type { Windowed } from '../../core/windowed.ts'
import type { ReadOnlyWindowStore } from '../../state/window-store.ts'
import type { TableView } from '../table-view.ts'

/** The table of a windowed aggregate: one value per key and window start. */
export class WindowStoreView<K, V> implements TableView<Windowed<K>, V> {
  readonly #store: ReadOnlyWindowStore<K, V>

  constructor(store: ReadOnlyWindowStore<K, V>) {
    this.#store = store
  }

  get({ key, window }: Windowed<K>): ValueAndTimestamp<V> | null {
    return this.#store.fetch(key, window.start)
  }
}
