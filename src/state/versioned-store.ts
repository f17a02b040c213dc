import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import type { KeyValueStore, PutOutcome } from './key-value-store.ts'

/**
 * Every value that a key had, for as long as the history is kept (KIP-889; Kafka Streams: VersionedKeyValueStore). A value
 * holds from its timestamp until that of the key's next version; a deletion is a version too. Whatever is put, `get`,
 * `range` and `all` read the version with the largest timestamp.
 *
 * Stream time is the largest timestamp that was ever put; what is older than stream time minus the history retention is
 * refused, and may no longer be read as of its own time. A key's latest value never expires.
 */
export interface VersionedStore<K, V> extends KeyValueStore<K, V> {
  /** The version that held at `time`; null when there was none, or when `time` lies before the history. */
  getAsOf(key: K, time: number): ValueAndTimestamp<V> | null
  put(key: K, value: V, timestamp: number): PutOutcome | undefined
  delete(key: K, timestamp: number): PutOutcome | undefined
}
