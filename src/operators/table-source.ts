import type { Change } from '../core/change.ts'
import type { StreamRecord } from '../core/stream-record.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { TableOutput } from './table-output.ts'

export interface TableSourceOptions {
  readonly sendOldValues: boolean
}

/**
 * Turns a topic's records into the updates of a table (Kafka Streams: KTableSource). Null keys are dropped, null
 * values delete. Records count in the order of arrival: an older timestamp overwrites a newer value. Equal updates
 * are passed on.
 */
export class TableSourceOperator<K, V> implements Operator<K | null, V | null, K, Change<V>> {
  /** Null also where nobody asks for old values. */
  readonly #oldValues: KeyValueStore<K, V> | null
  readonly #output: TableOutput<K, V>
  #context!: OperatorContext<K, Change<V>>

  constructor(options: TableSourceOptions, deps: { readonly store: KeyValueStore<K, V> | null }) {
    this.#oldValues = options.sendOldValues ? deps.store : null
    this.#output = new TableOutput(deps.store)
  }

  init(context: OperatorContext<K, Change<V>>): void {
    this.#context = context
    this.#output.init(context)
  }

  expire(streamTime: number): void {
    this.#output.expire(streamTime, this.#oldValues !== null)
  }

  process(record: StreamRecord<K | null, V | null>): void {
    if (!hasKey(record)) return this.#context.drop('null-key')
    this.#output.update(record, record.value, this.#oldValues?.get(record.key)?.value ?? null)
  }
}

function hasKey<K, V>(record: StreamRecord<K | null, V>): record is StreamRecord<K, V> {
  return record.key !== null
}
