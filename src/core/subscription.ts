/*
 * What the two sides of a foreign-key join say to each other (KIP-213; Kafka Streams: SubscriptionWrapper,
 * SubscriptionResponseWrapper). The left table subscribes its keys to foreign keys; the right table answers.
 */

/**
 * What the right side does with a subscription, and when it answers:
 * - `subscribe`: keep it; answer, with null when the foreign key has no value. An earlier result must be replaced.
 * - `subscribe-if-found`: keep it; answer only when the foreign key has a value.
 * - `unsubscribe`: forget it.
 * - `unsubscribe-and-answer`: forget it; answer with null.
 */
export type SubscriptionRequest = 'unsubscribe' | 'unsubscribe-and-answer' | 'subscribe' | 'subscribe-if-found'

export interface Subscription<PK> {
  readonly request: SubscriptionRequest
  readonly primaryKey: PK
  /** Where the answer goes: the partition that `primaryKey` came from, however the left topic is partitioned. */
  readonly primaryPartition: number
  /** `valueHash` of the left value that asks; null for a tombstone. */
  readonly hash: string | null
}

export interface SubscriptionResponse<V> {
  /** That of the subscription: the left side drops answers to values that it has replaced since. */
  readonly hash: string | null
  /** The right value; null when there is none. */
  readonly value: V | null
  /** `valueHash` of the foreign key that has no value; null when it has one, or when there was no foreign key. */
  readonly foreignKeyHash: string | null
  readonly primaryPartition: number
}

/** Characters of a `valueHash`, each one byte. */
export const valueHashLength = 16
