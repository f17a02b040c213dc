import type { Change } from '../core/change.ts'
import type { StreamRecord } from '../core/stream-record.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { Predicate } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { TableOutput } from './table-output.ts'

export interface TableFilterOptions {
  readonly predicate: Predicate
  /** Keep what does not match. */
  readonly negate: boolean
  readonly sendOldValues: boolean
  /** The parent is versioned: each of its updates counts, also one that is left out by the filter before and after. */
  readonly versioned: boolean
}

/**
 * A value that does not pass becomes a tombstone, for it may have passed before (Kafka Streams: KTableFilter).
 * Where old values are known, the tombstone of a key that had not passed before is left out; where they are not, it
 * is sent.
 */
export class TableFilterOperator<K, V> implements Operator<K, Change<V>, K, Change<V>> {
  readonly #options: TableFilterOptions
  readonly #store: KeyValueStore<K, V> | null
  readonly #output: TableOutput<K, V>

  constructor(options: TableFilterOptions, deps: { readonly store: KeyValueStore<K, V> | null }) {
    this.#options = options
    this.#store = deps.store
    this.#output = new TableOutput(deps.store)
  }

  init(context: OperatorContext<K, Change<V>>): void {
    this.#output.init(context)
  }

  expire(streamTime: number): void {
    this.#output.expire(streamTime, this.#options.sendOldValues)
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key, value } = record
    const newValue = this.#passing(key, value.newValue)
    const oldValue = this.#oldValue(key, value)
    const { sendOldValues, versioned } = this.#options
    if (sendOldValues && !versioned && newValue === null && oldValue === null) return
    this.#output.derive(record, newValue, oldValue)
  }

  #oldValue(key: K, { oldValue }: Change<V>): V | null {
    if (!this.#options.sendOldValues) return null
    return this.#store === null ? this.#passing(key, oldValue) : (this.#store.get(key)?.value ?? null)
  }

  #passing(key: K, value: V | null): V | null {
    return value !== null && Boolean(this.#options.predicate(value, key)) !== this.#options.negate ? value : null
  }
}
