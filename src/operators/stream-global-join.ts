import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { ReadOnlyKeyValueStore } from '../state/key-value-store.ts'
import type { ValueJoiner, ValueMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface StreamGlobalJoinOptions<K, V, GK> {
  readonly type: 'inner' | 'left'
  /** Null or undefined: the record refers to nothing. */
  readonly keySelector: ValueMapper<K, V, GK | null | undefined>
  readonly joiner: ValueJoiner
}

/**
 * Looks up in a global table what each stream record refers to (Kafka Streams: KStreamGlobalKTableJoin). The result keeps
 * the record's key, timestamp and headers. A null value is dropped, without asking for its key; where the derived key is null an
 * inner join drops the record and a left join takes it as not found (KIP-962).
 */
export class StreamGlobalJoinOperator<K, V, GK, G, Out> implements Operator<K, V | null, K, Out> {
  readonly #options: StreamGlobalJoinOptions<K, V, GK>
  readonly #table: Pick<ReadOnlyKeyValueStore<GK, G>, 'get'>
  #context!: OperatorContext<K, Out>

  constructor(
    options: StreamGlobalJoinOptions<K, V, GK>,
    deps: { readonly table: Pick<ReadOnlyKeyValueStore<GK, G>, 'get'> },
  ) {
    this.#options = options
    this.#table = deps.table
  }

  init(context: OperatorContext<K, Out>): void {
    this.#context = context
  }

  process({ key, value, timestamp, headers }: StreamRecord<K, V | null>): void {
    if (value === null) return this.#context.drop('null-value')
    const { type, keySelector, joiner } = this.#options
    const tableKey = keySelector(value, key) ?? null
    if (tableKey === null && type === 'inner') return this.#context.drop('null-join-key')
    const found = tableKey === null ? null : this.#table.get(tableKey)
    if (found === null && type === 'inner') return
    this.#context.forward(streamRecord(key, joiner(value, found?.value ?? null, key), timestamp, headers))
  }
}
