import type { StreamRecord } from '../core/stream-record.ts'
import type { StateStore } from './state-store.ts'

/**
 * Records of a stream that wait for their time (Kafka Streams: RocksDBTimeOrderedKeyValueBuffer). Stream time is the
 * largest timestamp that was ever put.
 */
export interface StreamBufferStore<K, V> extends StateStore {
  put(record: StreamRecord<K, V>): void
  /** -Infinity before the first record. */
  readonly streamTime: number
  /** Removes and returns the first record by (timestamp, key bytes and order of arrival) that is not after `time`. */
  takeUntil(time: number): StreamRecord<K, V> | null
}
