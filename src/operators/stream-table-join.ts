import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { ValueJoiner } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'
import type { TableView } from './table-view.ts'

export interface StreamTableJoinOptions {
  readonly type: 'inner' | 'left'
  readonly joiner: ValueJoiner
}

/**
 * Looks up each stream record's key in the table as it is now, or, if the table is versioned, as it was at the record's
 * time; only stream records trigger results (Kafka Streams:
 * KStreamKTableJoinProcessor). The result keeps the record's timestamp and headers. A null value is dropped; a null
 * key too by an inner join, while a left join takes it as not found (KIP-962).
 */
export class StreamTableJoinOperator<K, V, T, Out> implements Operator<K | null, V | null, K | null, Out> {
  readonly #isLeft: boolean
  readonly #joiner: ValueJoiner
  readonly #table: TableView<K, T>
  #context!: OperatorContext<K | null, Out>

  constructor(options: StreamTableJoinOptions, deps: { readonly table: TableView<K, T> }) {
    this.#isLeft = options.type === 'left'
    this.#joiner = options.joiner
    this.#table = deps.table
  }

  init(context: OperatorContext<K | null, Out>): void {
    this.#context = context
  }

  process({ key, value, timestamp, headers }: StreamRecord<K | null, V | null>): void {
    if (key === null && (value === null || !this.#isLeft)) return this.#context.drop('null-key')
    if (value === null) return this.#context.drop('null-value')
    const found = key === null ? null : this.#table.get(key, timestamp)
    if (found === null && !this.#isLeft) return
    this.#context.forward(streamRecord(key, this.#joiner(value, found?.value ?? null, key) ?? null, timestamp, headers))
  }
}
