import type { Change } from '../core/change.ts'
import type { Headers } from '../core/stream-record.ts'
import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import type { StateStore } from './state-store.ts'

export interface BufferedChange<K, V> {
  readonly key: K
  readonly change: Change<V>
  /** Of the latest update. */
  readonly timestamp: number
  readonly headers: Headers
}

/**
 * The buffer of a suppress, ordered by (buffer time, key bytes) (Kafka Streams:
 * InMemoryTimeOrderedKeyValueChangeBuffer). The first update of a key fixes its place and `priorValue`; later ones
 * replace the change, its old value too: what goes out is the latest update as it came, as in Kafka Streams.
 */
export interface SuppressStore<K, V> extends StateStore {
  put(bufferTime: number, update: BufferedChange<K, V>): void
  /** The buffered entry with the smallest (buffer time, key bytes). */
  first(): { readonly bufferTime: number; readonly update: BufferedChange<K, V> } | null
  removeFirst(): void
  /**
   * What downstream last saw for a key that is buffered: the old value of its first update, with timestamp -1, for it is not
   * known; null when there was none. Undefined when the key is not buffered.
   */
  priorValue(key: K): ValueAndTimestamp<V> | null | undefined
  readonly recordCount: number
  readonly latestTimestamp: number
  /** Approximate, from serialized sizes. */
  readonly byteCount: number
}
