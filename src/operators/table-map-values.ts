import type { Change } from '../core/change.ts'
import type { StreamRecord } from '../core/stream-record.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { ValueMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { TableOutput } from './table-output.ts'

export interface TableMapValuesOptions {
  readonly mapper: ValueMapper
  readonly sendOldValues: boolean
}

/**
 * Tombstones stay tombstones without asking the mapper; a mapper that returns null deletes (Kafka Streams:
 * KTableMapValues).
 */
export class TableMapValuesOperator<K, V, R> implements Operator<K, Change<V>, K, Change<R>> {
  readonly #options: TableMapValuesOptions
  readonly #store: KeyValueStore<K, R> | null
  readonly #output: TableOutput<K, R>

  constructor(options: TableMapValuesOptions, deps: { readonly store: KeyValueStore<K, R> | null }) {
    this.#options = options
    this.#store = deps.store
    this.#output = new TableOutput(deps.store)
  }

  init(context: OperatorContext<K, Change<R>>): void {
    this.#output.init(context)
  }

  expire(streamTime: number): void {
    this.#output.expire(streamTime, this.#options.sendOldValues)
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key, value } = record
    const newValue = this.#mapped(key, value.newValue)
    this.#output.derive(record, newValue, this.#oldValue(key, value))
  }

  #oldValue(key: K, { oldValue }: Change<V>): R | null {
    if (!this.#options.sendOldValues) return null
    return this.#store === null ? this.#mapped(key, oldValue) : (this.#store.get(key)?.value ?? null)
  }

  #mapped(key: K, value: V | null): R | null {
    return value === null ? null : (this.#options.mapper(value, key) ?? null)
  }
}
