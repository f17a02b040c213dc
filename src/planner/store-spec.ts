import type { Serde } from '../serde/serde.ts'
import type { Expiring } from '../topology/table-settings.ts'

interface StoreSpecBase {
  readonly name: string
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  /** Full name of the changelog topic. */
  readonly changelogTopic: string
}

/** What only the store of a table can be. */
interface SourceStoreSpec {
  /** `changelogTopic` is the topic that the table reads: the store is restored from it and writes nothing. */
  readonly reusesSource?: boolean
}

export interface KeyValueStoreSpec extends StoreSpecBase, SourceStoreSpec, Expiring {
  readonly kind: 'key-value'
}
export interface WindowStoreSpec extends StoreSpecBase {
  readonly kind: 'window'
  readonly retentionMs: number
  readonly windowSizeMs: number
  /** Windows start at its multiples; left out: at any time. */
  readonly advanceMs?: number
  /** Keeps what was not emitted yet, whatever the retention. */
  readonly emitFinal?: boolean
}
export interface SessionStoreSpec extends StoreSpecBase {
  readonly kind: 'session'
  readonly retentionMs: number
  readonly emitFinal?: boolean
}
/** One side of a stream-stream join: keeps several values per key and time. */
export interface StreamJoinStoreSpec extends StoreSpecBase {
  readonly kind: 'stream-join'
  readonly retentionMs: number
}
/** Records of a left or outer stream-stream join that wait for a match. `value` is the left side's serde. */
export interface UnmatchedStoreSpec extends StoreSpecBase {
  readonly kind: 'unmatched'
  readonly rightValue: Serde<unknown>
}
export interface SuppressStoreSpec extends StoreSpecBase {
  readonly kind: 'suppress'
}
export interface OverStoreSpec extends StoreSpecBase {
  readonly kind: 'over'
  /** How long an entry can still be needed after its time: largest delay + range + grace. */
  readonly retentionMs: number
}

/** Subscriptions of a foreign-key join: `key` is the foreign key's serde, `value` that of subscriptions. */
export interface SubscriptionStoreSpec extends StoreSpecBase {
  readonly kind: 'subscription'
  readonly primaryKey: Serde<unknown>
}

export interface VersionedStoreSpec extends StoreSpecBase, SourceStoreSpec {
  readonly kind: 'versioned'
  readonly historyRetentionMs: number
}
/** Records of a stream that wait for late updates of a versioned table. */
export interface StreamBufferStoreSpec extends StoreSpecBase {
  readonly kind: 'stream-buffer'
}

export type StoreSpec =
  | KeyValueStoreSpec
  | WindowStoreSpec
  | SessionStoreSpec
  | StreamJoinStoreSpec
  | UnmatchedStoreSpec
  | SuppressStoreSpec
  | OverStoreSpec
  | SubscriptionStoreSpec
  | VersionedStoreSpec
  | StreamBufferStoreSpec
