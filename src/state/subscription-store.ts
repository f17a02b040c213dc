import type { Subscription } from '../core/subscription.ts'
import type { StateStore } from './state-store.ts'

/** Which left keys wait for news of which foreign key (Kafka Streams: the subscription store of a foreign-key join). */
export interface SubscriptionStore<FK, PK> extends StateStore {
  /** Replaces what the primary key asked for under this foreign key before. */
  put(foreignKey: FK, subscription: Subscription<PK>, timestamp: number): void
  /** `timestamp` goes into the changelog's tombstone. */
  delete(foreignKey: FK, primaryKey: PK, timestamp: number): void
  /** By the unsigned bytes of their primary keys. Must not be changed while it is iterated. */
  subscriptions(foreignKey: FK): Iterable<Subscription<PK>>
}
