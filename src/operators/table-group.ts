import { isDeepStrictEqual } from 'node:util'

import { assert } from '../core/assert.ts'
import { change, type Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { KeyValue, KeyValueMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface TableGroupOptions<K, V, K2, V2> {
  readonly selector: KeyValueMapper<K, V, K2 | null, V2 | null>
  /** The table is versioned: only its latest values are grouped (KIP-914). */
  readonly dropOutOfOrder: boolean
}

/**
 * Puts a table's changes under their group keys, on the way to a table aggregate (Kafka Streams: KTableRepartitionMap).
 *
 * The old value goes under its own group key first, then the new one under its; as one change when both keys are equal
 * (KIP-904). A half whose value is null, or for which the selector gives a null key or value, is left out. Needs old
 * values.
 */
export class TableGroupOperator<K, V, K2, V2> implements Operator<K, Change<V>, K2, Change<V2>> {
  readonly #selector: TableGroupOptions<K, V, K2, V2>['selector']
  readonly #dropOutOfOrder: boolean
  #context!: OperatorContext<K2, Change<V2>>

  constructor(options: TableGroupOptions<K, V, K2, V2>, _deps: object) {
    this.#selector = options.selector
    this.#dropOutOfOrder = options.dropOutOfOrder
  }

  init(context: OperatorContext<K2, Change<V2>>): void {
    this.#context = context
  }

  process(record: StreamRecord<K, Change<V>>): void {
    assert(record.key !== null, 'a table holds a null key')
    if (this.#dropOutOfOrder && record.value.outOfOrder) return this.#context.drop('out-of-order')
    const newPair = this.#select(record.key, record.value.newValue)
    const oldPair = this.#select(record.key, record.value.oldValue)
    if (newPair !== null && oldPair !== null && isDeepStrictEqual(newPair.key, oldPair.key)) {
      return this.#forward(oldPair.key, change(newPair.value, oldPair.value), record)
    }
    if (oldPair !== null) this.#forward(oldPair.key, change<V2>(null, oldPair.value), record)
    if (newPair !== null) this.#forward(newPair.key, change<V2>(newPair.value, null), record)
  }

  #select(key: K, value: V | null): KeyValue<K2, V2> | null {
    if (value === null) return null
    const { key: newKey = null, value: newValue = null } = this.#selector(value, key)
    return newKey === null || newValue === null ? null : { key: newKey, value: newValue }
  }

  #forward(key: K2, update: Change<V2>, { timestamp, headers }: StreamRecord): void {
    this.#context.forward(streamRecord(key, update, timestamp, headers))
  }
}
