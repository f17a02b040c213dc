import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { Subscription, SubscriptionResponse } from '../core/subscription.ts'
import { valueHash } from '../core/value-hash.ts'
import type { SubscriptionStore } from '../state/subscription-store.ts'
import type { Operator, OperatorContext } from './operator.ts'
import type { TableView } from './table-view.ts'

export interface ForeignKeyReceiveOptions<FK> {
  readonly foreignKeySerde: { serialize(key: FK): Uint8Array }
}

interface Deps<FK, PK, V> {
  readonly store: SubscriptionStore<FK, PK>
  readonly right: TableView<FK, V>
}

/**
 * The right side of a foreign-key join, when a subscription comes in: keeps or forgets it, and answers with the right
 * table's value as the subscription asks (Kafka Streams: SubscriptionReceiveProcessorSupplier and
 * SubscriptionJoinProcessorSupplier). The answer's timestamp is the larger of both sides'.
 */
export class ForeignKeyReceiveOperator<FK, PK, V> implements Operator<
  FK | null,
  Subscription<PK>,
  PK,
  SubscriptionResponse<V>
> {
  readonly #options: ForeignKeyReceiveOptions<FK>
  readonly #store: SubscriptionStore<FK, PK>
  readonly #right: TableView<FK, V>
  #context!: OperatorContext<PK, SubscriptionResponse<V>>

  constructor(options: ForeignKeyReceiveOptions<FK>, deps: Deps<FK, PK, V>) {
    this.#options = options
    this.#store = deps.store
    this.#right = deps.right
  }

  init(context: OperatorContext<PK, SubscriptionResponse<V>>): void {
    this.#context = context
  }

  process({ key, value: subscription, timestamp, headers }: StreamRecord<FK | null, Subscription<PK>>): void {
    const { request, primaryKey, primaryPartition, hash } = subscription
    if (key === null && request !== 'subscribe') return this.#context.drop('null-join-key')
    const unsubscribes = request === 'unsubscribe' || request === 'unsubscribe-and-answer'
    if (key !== null && unsubscribes) this.#store.delete(key, primaryKey, timestamp)
    else if (key !== null) this.#store.put(key, subscription, timestamp)
    if (request === 'unsubscribe') return
    const found = key === null ? null : this.#right.get(key)
    if (found === null && request === 'subscribe-if-found') return
    const value = unsubscribes || found === null ? null : found.value
    const resultTimestamp = found === null ? timestamp : Math.max(timestamp, found.timestamp)
    const foreignKeyHash =
      key === null || value !== null ? null : valueHash(this.#options.foreignKeySerde.serialize(key))
    const response = { hash, value, foreignKeyHash, primaryPartition }
    this.#context.forward(streamRecord(primaryKey, response, resultTimestamp, headers))
  }
}
