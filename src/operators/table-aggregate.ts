import { assert } from '../core/assert.ts'
import type { Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { KeyValueStore } from '../state/key-value-store.ts'
import type { Aggregator, Initializer } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { TableOutput } from './table-output.ts'

export interface TableAggregateOptions<K, V, A> {
  /** Null where a reduce starts: its adder then takes the first value as it is. */
  readonly initializer: Initializer<A | null>
  readonly adder: Aggregator<K, V, A | null>
  /** Never called with a null aggregate. */
  readonly subtractor: Aggregator<K, V, A | null>
  readonly sendOldValues: boolean
}

/**
 * Aggregates a grouped table: takes the old value out, then adds the new one (Kafka Streams: KTableAggregate,
 * KTableReduce).
 *
 * Where no aggregate is stored there is nothing to subtract from, and the old value is ignored. Every change sends a
 * result, a tombstone when the aggregate became or stayed null. Reads `oldValue`, so the parent must send old values.
 */
export class TableAggregateOperator<K, V, A> implements Operator<K, Change<V>, K, Change<A>> {
  readonly #options: TableAggregateOptions<K, V, A>
  readonly #store: KeyValueStore<K, A>
  readonly #output: TableOutput<K, A>

  constructor(options: TableAggregateOptions<K, V, A>, deps: { readonly store: KeyValueStore<K, A> }) {
    this.#options = options
    this.#store = deps.store
    this.#output = new TableOutput(deps.store)
  }

  init(context: OperatorContext<K, Change<A>>): void {
    this.#output.init(context)
  }

  expire(streamTime: number): void {
    this.#output.expire(streamTime, this.#options.sendOldValues)
  }

  process(record: StreamRecord<K, Change<V>>): void {
    const { key } = record
    assert(key !== null, 'a table was grouped under a null key')
    const stored = this.#store.get(key)
    const oldAggregate = stored === null ? null : stored.value
    const aggregate = this.#apply(key, record.value, oldAggregate)
    const timestamp = stored === null ? record.timestamp : Math.max(record.timestamp, stored.timestamp)
    const cause = streamRecord(key, null, timestamp, record.headers)
    this.#output.update(cause, aggregate, this.#options.sendOldValues ? oldAggregate : null)
  }

  #apply(key: K, { newValue, oldValue }: Change<V>, oldAggregate: A | null): A | null {
    const { initializer, adder, subtractor } = this.#options
    const keeps = oldValue === null || oldAggregate === null
    const kept = keeps ? oldAggregate : (subtractor(oldAggregate, oldValue, key) ?? null)
    return newValue === null ? kept : (adder(kept ?? initializer() ?? null, newValue, key) ?? null)
  }
}
