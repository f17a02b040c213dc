import type { StateStore } from './state-store.ts'

export type JoinSide = 'left' | 'right'

/** Values of one key, time and side that found no match yet, in the order of arrival. */
export interface UnmatchedEntry<K, L, R> {
  readonly timestamp: number
  readonly side: JoinSide
  readonly key: K
  readonly values: readonly (L | R)[]
}

/**
 * Records of a left or outer stream-stream join that wait for a match (Kafka Streams: the outer join store,
 * TimestampedKeyAndJoinSide -> LeftOrRightValue, a list-value store).
 */
export interface UnmatchedStore<K, L, R> extends StateStore {
  add(timestamp: number, side: JoinSide, key: K, value: L | R): void
  /** Removes all values of that time, side and key; false when there were none. */
  delete(timestamp: number, side: JoinSide, key: K): boolean
  /** Ascending by (timestamp, right before left, key bytes): the byte order of Kafka Streams' keys. `delete` of the entry just returned is allowed while iterating. */
  entries(): Iterable<UnmatchedEntry<K, L, R>>
  readonly isEmpty: boolean
}
