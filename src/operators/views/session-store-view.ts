import { valueAndTimestamp, type ValueAndTimestamp } from '../../core/value-and-timestamp.ts'
import type { Windowed } from '../../core/windowed.ts'
import type { ReadOnlySessionStore } from '../../state/session-store.ts'
import type { TableView } from '../table-view.ts'

/**
 * The table of a session aggregate; a session's timestamp is its end (Kafka Streams:
 * KTableSessionWindowValueGetter).
 */
export class SessionStoreView<K, A> implements TableView<Windowed<K>, A> {
  readonly #store: ReadOnlySessionStore<K, A>

  constructor(store: ReadOnlySessionStore<K, A>) {
    this.#store = store
  }

  get({ key, window }: Windowed<K>): ValueAndTimestamp<A> | null {
    const aggregate = this.#store.fetchSession(key, window.start, window.end)
    return aggregate === null ? null : valueAndTimestamp(aggregate, window.end)
  }
}
