import type { Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { Aggregator, Initializer } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { TableOutput } from './table-output.ts'

export interface StreamAggregateOptions<K, V, A> {
  /** Null where a reduce starts: its aggregator then takes the first value as it is. */
  readonly initializer: Initializer<A | null>
  readonly aggregator: Aggregator<K, V, A | null>
  readonly sendOldValues: boolean
}

/**
 * Aggregates a grouped stream into a table, without windows (Kafka Streams: KStreamAggregate, KStreamReduce).
 *
 * Null keys and null values are dropped. A null aggregate deletes the entry and goes out as a tombstone; the next
 * record starts from the initializer. The result's timestamp is the largest of the records in the aggregate.
 */
export class StreamAggregateOperator<K, V, A> implements Operator<K | null, V | null, K, Change<A>> {
  readonly #options: StreamAggregateOptions<K, V, A>
  readonly #store: KeyValueStore<K, A>
  readonly #output: TableOutput<K, A>
  #context!: OperatorContext<K, Change<A>>

  constructor(options: StreamAggregateOptions<K, V, A>, deps: { readonly store: KeyValueStore<K, A> }) {
    this.#options = options
    this.#store = deps.store
    this.#output = new TableOutput(deps.store)
  }

  init(context: OperatorContext<K, Change<A>>): void {
    this.#context = context
    this.#output.init(context)
  }

  expire(streamTime: number): void {
    this.#output.expire(streamTime, this.#options.sendOldValues)
  }

  process(record: StreamRecord<K | null, V | null>): void {
    const { key, value } = record
    if (key === null) return this.#context.drop('null-key')
    if (value === null) return this.#context.drop('null-value')
    const { initializer, aggregator, sendOldValues } = this.#options
    const stored = this.#store.get(key)
    // Kafka Streams sends what the initializer gave as the old value of a first update, not null: a table that is
    // grouped from this one subtracts it.
    const oldAggregate = stored === null ? (initializer() ?? null) : stored.value
    const timestamp = stored === null ? record.timestamp : Math.max(record.timestamp, stored.timestamp)
    const aggregate = aggregator(oldAggregate, value, key) ?? null
    const cause = streamRecord(key, null, timestamp, record.headers)
    this.#output.update(cause, aggregate, sendOldValues ? oldAggregate : null)
  }
}
