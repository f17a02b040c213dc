import type { Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { SubscriptionResponse } from '../core/subscription.ts'
import { valueHash } from '../core/value-hash.ts'
import type { SubscriptionStore } from '../state/subscription-store.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface ForeignKeyUpdateOptions<FK> {
  readonly foreignKeySerde: { serialize(key: FK): Uint8Array }
  /** The right table is versioned: updates that are not its latest change nothing (KIP-914). */
  readonly dropOutOfOrder: boolean
}

/**
 * The right side of a foreign-key join, when the right table changes: tells every left key that refers to the changed
 * one, in the order of their bytes, with the update's timestamp (Kafka Streams: ForeignTableJoinProcessorSupplier).
 */
export class ForeignKeyUpdateOperator<FK, PK, V> implements Operator<
  FK | null,
  Change<V>,
  PK,
  SubscriptionResponse<V>
> {
  readonly #options: ForeignKeyUpdateOptions<FK>
  readonly #store: SubscriptionStore<FK, PK>
  #context!: OperatorContext<PK, SubscriptionResponse<V>>

  constructor(options: ForeignKeyUpdateOptions<FK>, deps: { readonly store: SubscriptionStore<FK, PK> }) {
    this.#options = options
    this.#store = deps.store
  }

  init(context: OperatorContext<PK, SubscriptionResponse<V>>): void {
    this.#context = context
  }

  process({ key, value: { newValue, outOfOrder }, timestamp, headers }: StreamRecord<FK | null, Change<V>>): void {
    if (key === null) return this.#context.drop('null-key')
    const { dropOutOfOrder, foreignKeySerde } = this.#options
    if (dropOutOfOrder && outOfOrder) return this.#context.drop('out-of-order')
    const foreignKeyHash = newValue === null ? valueHash(foreignKeySerde.serialize(key)) : null
    for (const { hash, primaryKey, primaryPartition } of this.#store.subscriptions(key)) {
      const response = { hash, value: newValue, foreignKeyHash, primaryPartition }
      this.#context.forward(streamRecord(primaryKey, response, timestamp, headers))
    }
  }
}
