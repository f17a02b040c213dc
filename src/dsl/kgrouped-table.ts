import type { Aggregator, Initializer, Reducer } from '../topology/functions.ts'
import { readTableOptions, type DslContext, type GroupedFrom } from './dsl-context.ts'
import type { KTable } from './ktable.ts'
import type { AggregateOptions, CountOptions, ReduceOptions } from './options.ts'
import { countAggregator, reduceAggregator } from './simple-aggregators.ts'

/**
 * A table grouped by another key, to be aggregated (Kafka Streams: KGroupedTable).
 * @key The key is the group's. Reads through a repartition topic that carries old and new values.
 * @nulls Entries without a group or a value were left out by `groupBy`. A null result deletes the group (a tombstone goes downstream).
 * The subtractor is not called for a group that has no aggregate.
 * @time Updates are applied in the order of arrival; those of a versioned table that are not its latest are left out. A result has the
 * largest timestamp of the updates in it.
 * @throws What a function throws goes to the `process` handler.
 */
export class KGroupedTable<K, V> {
  readonly #dsl: DslContext
  readonly #from: GroupedFrom

  constructor(dsl: DslContext, from: GroupedFrom) {
    this.#dsl = dsl
    this.#from = from
  }

  /**
   * The number of entries in each group; goes down to 0 and stays (no tombstone).
   * @example const perOwner = cards.groupBy((card) => ({ key: card.owner, value: card.limit }), { key: string(), value: json<number>() })
   * const counts = perOwner.count()
   * // cards <- ['card-1', { owner: 'ann', limit: 5 }], ['card-1', null]; counts -> ['ann', 1], ['ann', 0]
   */
  count(options: CountOptions = {}): KTable<K, number> {
    const subtractor: Aggregator = (count: number) => count - 1
    return this.#aggregate(
      { operation: 'count', initializer: () => 0, adder: countAggregator, subtractor },
      { ...options, value: null },
    )
  }

  /**
   * Combines the values of each group; the first is taken as it is. `subtractor` takes a value out again.
   * @example const perOwner = cards.groupBy((card) => ({ key: card.owner, value: card.limit }), { key: string(), value: json<number>() })
   * const totals = perOwner.reduce((sum, limit) => sum + limit, (sum, limit) => sum - limit)
   * // cards <- ['card-1', { owner: 'ann', limit: 5 }], ['card-1', { owner: 'ann', limit: 8 }]; totals -> ['ann', 5], ['ann', 8]
   */
  reduce(adder: Reducer<V>, subtractor: Reducer<V>, options: ReduceOptions<V> = {}): KTable<K, V> {
    const functions = {
      initializer: () => null,
      adder: reduceAggregator(adder),
      subtractor: reduceAggregator(subtractor),
    }
    return this.#aggregate({ operation: 'reduce', ...functions }, { ...options, value: options.value ?? null })
  }

  /**
   * Folds the values of each group; `subtractor` takes a value out again. Both must return a new object, not change the old one.
   * @example const perOwner = cards.groupBy((card) => ({ key: card.owner, value: card.limit }), { key: string(), value: json<number>() })
   * const totals = perOwner.aggregate(() => 0, (sum, limit) => sum + limit, (sum, limit) => sum - limit, { value: json() })
   * // cards <- ['card-1', { owner: 'ann', limit: 5 }], ['card-1', { owner: 'bob', limit: 5 }]
   * // totals -> ['ann', 5], ['ann', 0], ['bob', 5]
   */
  aggregate<A>(
    initializer: Initializer<A>,
    adder: Aggregator<K, V, A>,
    subtractor: Aggregator<K, V, A>,
    options: AggregateOptions<A>,
  ): KTable<K, A> {
    return this.#aggregate({ operation: 'aggregate', initializer, adder, subtractor }, options)
  }

  #aggregate<A>(
    functions: {
      readonly operation: 'count' | 'reduce' | 'aggregate'
      readonly initializer: Initializer
      readonly adder: Aggregator
      readonly subtractor: Aggregator
    },
    options: Omit<AggregateOptions<any>, 'value'> & { readonly value: AggregateOptions<any>['value'] | null },
  ): KTable<K, A> {
    const { node, name, key, value } = this.#from
    return this.#dsl.table({
      kind: 'table-aggregate',
      ...functions,
      name: options.name ?? null,
      inputs: [node],
      grouping: Object.freeze({ name, key, value }),
      value: options.value,
      store: options.store ?? null,
      ...readTableOptions(this.#dsl, options),
    })
  }
}
