import type { ValueAndTimestamp } from '../../core/value-and-timestamp.ts'
import type { SuppressStore } from '../../state/suppress-store.ts'
import type { TableView } from '../table-view.ts'

/**
 * A table behind a suppress: what was last let through, not what waits (Kafka Streams:
 * KTableSuppressProcessorSupplier.view). A key that does not wait has been let through with its parent's value.
 */
export class SuppressView<K, V> implements TableView<K, V> {
  readonly #parent: TableView<K, V>
  readonly #buffer: Pick<SuppressStore<K, V>, 'priorValue'>

  constructor(parent: TableView<K, V>, buffer: Pick<SuppressStore<K, V>, 'priorValue'>) {
    this.#parent = parent
    this.#buffer = buffer
  }

  get(key: K): ValueAndTimestamp<V> | null {
    const prior = this.#buffer.priorValue(key)
    return prior === undefined ? this.#parent.get(key) : prior
  }
}
