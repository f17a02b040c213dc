import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { SubscriptionResponse } from '../core/subscription.ts'
import { valueHash } from '../core/value-hash.ts'
import type { ValueJoiner, ValueMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'
import type { TableView } from './table-view.ts'

export interface ForeignKeyResolveOptions<K, L, FK> {
  readonly type: 'inner' | 'left'
  readonly foreignKey: ValueMapper<K, L, FK | null | undefined>
  readonly foreignKeySerde: { serialize(key: FK): Uint8Array }
  readonly joiner: ValueJoiner
  readonly valueSerde: { serialize(value: L): Uint8Array }
}

/**
 * Where the answers of a foreign-key join come back: joins them with the left value, if that is still the one that asked
 * (Kafka Streams: ResponseJoinProcessorSupplier). An answer to a value that was replaced since is dropped: the newer value
 * has asked for itself, and its own answer is on the way.
 *
 * But an inner join asks for an answer only if there is one where the foreign key did not change, and does not ask at all
 * where there is none. There a stale answer that says `nothing` may be the only one, and dropping it, as Kafka Streams does,
 * would leave an old result standing for good: it is taken as the tombstone that it is.
 */
export class ForeignKeyResolveOperator<K, L, FK, R, Out> implements Operator<
  K,
  SubscriptionResponse<R>,
  K,
  Out | null
> {
  readonly #options: ForeignKeyResolveOptions<K, L, FK>
  readonly #left: TableView<K, L>
  #context!: OperatorContext<K, Out | null>

  constructor(options: ForeignKeyResolveOptions<K, L, FK>, deps: { readonly left: TableView<K, L> }) {
    this.#options = options
    this.#left = deps.left
  }

  init(context: OperatorContext<K, Out | null>): void {
    this.#context = context
  }

  process({ key, value: response, timestamp, headers }: StreamRecord<K, SubscriptionResponse<R>>): void {
    const left = this.#left.get(key)?.value ?? null
    const currentHash = left === null ? null : valueHash(this.#options.valueSerde.serialize(left))
    const isStale = response.hash !== currentHash
    if (isStale && !this.#saysNothing(key, left, response)) return this.#context.drop('stale-response')
    const result = isStale ? null : this.#joined(key, left, response.value)
    this.#context.forward(streamRecord(key, result, timestamp, headers))
  }

  /**
   * The present value has no match either: it refers to nothing, or to the same key. In the latter case whatever the right side
   * answers to the present value comes after this, from the same place.
   */
  #saysNothing(key: K, left: L | null, { value, foreignKeyHash }: SubscriptionResponse<R>): boolean {
    const { type, foreignKey, foreignKeySerde } = this.#options
    if (type === 'left' || value !== null) return false
    const present = left === null ? null : (foreignKey(left, key) ?? null)
    return present === null || valueHash(foreignKeySerde.serialize(present)) === foreignKeyHash
  }

  #joined(key: K, left: L | null, right: R | null): Out | null {
    const { type, joiner } = this.#options
    return right === null && (type === 'inner' || left === null) ? null : joiner(left, right, key)
  }
}
