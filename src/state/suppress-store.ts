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
 * The buffer of a suppress, ordered by (buffer time, key bytes) (Kafka Streams: InMemoryTimeOrderedKeyValueChangeBuffer).
 * The first update of a key fixes its place; later ones replace the value, keep the place, and keep the first one's old value.
 */
export interface SuppressStore<K, V> extends StateStore {
  put(bufferTime: number, update: BufferedChange<K, V>): void
  /** The buffered entry with the smallest (buffer time, key bytes). */
  first(): { readonly bufferTime: number; readonly update: BufferedChange<K, V> } | null
  removeFirst(): void
  /**
   * What downstream last saw for a key that is buffered (its entry's old value, with its timestamp where known); undefined
   * when the key is not buffered.
   */
  priorValue(key: K): ValueAndTimestamp<V> | null | undefined
  readonly recordCount: number
  /** Approximate, from serialized sizes. */
  readonly byteCount: number
}
