import type { Change } from '../core/change.ts'
import type { StreamRecord } from '../core/stream-record.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { TableOutput } from './table-output.ts'

export interface TableJoinMergeOptions {
  readonly sendOldValues: boolean
}

/**
 * Where both sides of a table-table join meet (Kafka Streams: KTableKTableJoinMerger). The old value is what the side
 * computed, not what the store holds.
 */
export class TableJoinMergeOperator<K, V> implements Operator<K, Change<V>, K, Change<V>> {
  readonly #sendOldValues: boolean
  readonly #output: TableOutput<K, V>

  constructor(options: TableJoinMergeOptions, deps: { readonly store: KeyValueStore<K, V> | null }) {
    this.#sendOldValues = options.sendOldValues
    this.#output = new TableOutput(deps.store)
  }

  init(context: OperatorContext<K, Change<V>>): void {
    this.#output.init(context)
  }

  expire(streamTime: number): void {
    this.#output.expire(streamTime, this.#sendOldValues)
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { newValue, oldValue } = record.value
    this.#output.update(record, newValue, this.#sendOldValues ? oldValue : null)
  }
}
