import type { Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { Subscription, SubscriptionRequest } from '../core/subscription.ts'
import { valueHash } from '../core/value-hash.ts'
import type { ValueMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface ForeignKeySubscribeOptions<K, V, FK> {
  readonly type: 'inner' | 'left'
  /** Null or undefined: the value refers to nothing. */
  readonly foreignKey: ValueMapper<K, V, FK | null | undefined>
  readonly foreignKeySerde: { serialize(key: FK): Uint8Array }
  readonly valueSerde: { serialize(value: V): Uint8Array }
  /** The left table is versioned: updates that are not its latest change nothing (KIP-914). */
  readonly dropOutOfOrder: boolean
}

/**
 * The left table's part of a foreign-key join: tells the right side which foreign key each of its keys now refers to
 * (Kafka Streams: SubscriptionSendProcessorSupplier). Needs old values, to take back what was asked before.
 */
export class ForeignKeySubscribeOperator<K, V, FK> implements Operator<K, Change<V>, FK | null, Subscription<K>> {
  readonly #options: ForeignKeySubscribeOptions<K, V, FK>
  #context!: OperatorContext<FK | null, Subscription<K>>

  constructor(options: ForeignKeySubscribeOptions<K, V, FK>) {
    this.#options = options
  }

  init(context: OperatorContext<FK | null, Subscription<K>>): void {
    this.#context = context
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { newValue, oldValue, outOfOrder } = record.value
    if (this.#options.dropOutOfOrder && outOfOrder) return this.#context.drop('out-of-order')
    if (newValue === null && oldValue === null) return
    const oldForeignKey = this.#foreignKeyOf(oldValue, record.key)
    const newForeignKey = this.#foreignKeyOf(newValue, record.key)
    if (this.#options.type === 'left') this.#leftJoin(record, oldForeignKey, newForeignKey)
    else this.#innerJoin(record, oldForeignKey, newForeignKey)
  }

  /** Every change gets an answer, also where nothing is referred to: the null key goes to any partition. */
  #leftJoin(record: StreamRecord<K, Change<V>>, oldKey: FK | null, newKey: FK | null): void {
    if (oldKey !== null && !this.#same(oldKey, newKey)) this.#send(record, oldKey, 'unsubscribe')
    this.#send(record, newKey, 'subscribe')
  }

  #innerJoin(record: StreamRecord<K, Change<V>>, oldKey: FK | null, newKey: FK | null): void {
    if (newKey === null) {
      if (oldKey === null) return this.#context.drop('null-join-key')
      return this.#send(record, oldKey, 'unsubscribe-and-answer')
    }
    if (oldKey === null || this.#same(oldKey, newKey)) return this.#send(record, newKey, 'subscribe-if-found')
    this.#send(record, oldKey, 'unsubscribe')
    // The old foreign key may have given a result, which a new one without a value must take back.
    this.#send(record, newKey, 'subscribe')
  }

  #foreignKeyOf(value: V | null, key: K): FK | null {
    return value === null ? null : (this.#options.foreignKey(value, key) ?? null)
  }

  #same(a: FK, b: FK | null): boolean {
    if (a === b) return true
    const { foreignKeySerde } = this.#options
    return b !== null && Buffer.compare(foreignKeySerde.serialize(a), foreignKeySerde.serialize(b)) === 0
  }

  #send(record: StreamRecord<K, Change<V>>, foreignKey: FK | null, request: SubscriptionRequest): void {
    const { newValue } = record.value
    const subscription: Subscription<K> = {
      request,
      primaryKey: record.key,
      primaryPartition: this.#context.taskId.partition,
      hash: newValue === null ? null : valueHash(this.#options.valueSerde.serialize(newValue)),
    }
    this.#context.forward(streamRecord(foreignKey, subscription, record.timestamp, record.headers))
  }
}
