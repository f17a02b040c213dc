import type { GraphBuilder } from '../topology/topology.ts'
import type { NewNode } from '../topology/node.ts'
import { readTableOptions, type DslContext } from './dsl-context.ts'
import { GlobalTable } from './global-table.ts'
import { KStream } from './kstream.ts'
import { KTable } from './ktable.ts'
import type { GlobalTableOptions, SourceOptions, TableSourceOptions } from './options.ts'

/** Where a topology starts: reads topics as streams and tables. Handed to the function given to `topology()`. */
export class StreamsBuilder {
  readonly #dsl: DslContext

  constructor(graph: GraphBuilder) {
    const dsl: DslContext = {
      graph,
      stream: <K, V>(node: NewNode) => new KStream<K, V>(dsl, graph.append(node)),
      table: <K, V>(node: NewNode) => new KTable<K, V>(dsl, graph.append(node)),
    }
    this.#dsl = dsl
  }

  /**
   * Reads one or several topics as a stream. The topics must exist. A topic may be read several times as a stream, with the
   * same serdes, but not both as a stream and as a table.
   * @key The key as it is in the topic, and the topic's partitioning; of several topics, the largest partition count.
   * @nulls Null keys and null values pass.
   * @time Event time is the record's timestamp, or what `timestamp` makes of the record. Among records that wait, the one with the
   * smallest timestamp goes first; of equal ones, the source declared first.
   * @throws `MILLRACE_TOPIC_MISSING` at start. A record that cannot be read, or has a negative time, goes to the `decode` handler.
   * @example const orders = builder.stream('orders', { key: string(), value: json<{ amount: number }>() })
   * // orders <- ['ann', { amount: 5 }, '1s']; orders -> ['ann', { amount: 5 }, '1s']
   */
  stream<K, V>(topics: string | readonly string[], options: SourceOptions<K, V>): KStream<K, V> {
    const { key, value, timestamp = null, offsetReset = null, name = null } = options
    return this.#dsl.stream({
      kind: 'stream-source',
      topics: typeof topics === 'string' ? [topics] : [...topics],
      key,
      value,
      timestamp,
      offsetReset,
      name,
      inputs: [],
    })
  }

  /**
   * Reads a topic as a table. The topic should be compacted.
   * @key The key as it is in the topic, and the topic's partitioning.
   * @nulls Null values delete; null keys are dropped and counted.
   * @time Updates are applied in the order of arrival, also when their timestamps go back, unless the table is `versioned`.
   * @throws As `stream`.
   * @example const prices = builder.table('prices', { key: string(), value: json<number>(), store: 'prices' })
   * // prices <- ['tea', 3, '9s'], ['tea', 4, '1s'], ['tea', null, '2s']
   * // prices -> ['tea', 3, '9s'], ['tea', 4, '1s'], ['tea', null, '2s']
   */
  table<K, V>(topic: string, options: TableSourceOptions<K, V>): KTable<NonNullable<K>, NonNullable<V>> {
    const { key, value, timestamp = null, offsetReset = null, name = null, store = null } = options
    return this.#dsl.table({
      kind: 'table-source',
      topic,
      key,
      value,
      timestamp,
      offsetReset,
      store,
      name,
      inputs: [],
      ...readTableOptions(this.#dsl, options),
    })
  }

  /**
   * Reads a topic as a table of which every instance holds all entries in memory: small reference data that streams look up with
   * `joinGlobal`, by any key, without co-partitioning. The topic should be compacted, and nothing else may read it.
   * @key All partitions are read by every instance, from the start, outside the consumer group, before the app runs.
   * @nulls Null values delete; null keys are left out.
   * @time Updates arrive within about 100 ms. There is no `ttl`, for there is no stream time. They are not synchronized with streams by event time: a record meets whatever has arrived.
   * @throws A record that cannot be decoded goes to the `decode` handler, which may answer `fail` or `continue`.
   * @example const shops = builder.globalTable('shops', { key: string(), value: string() })
   * const placed = payments.joinGlobal(shops, (payment) => payment.shop, (payment, city) => city)
   * // shops <- ['cafe', 'Oslo']; payments <- ['card-1', { shop: 'cafe', amount: 5 }]; placed -> ['card-1', 'Oslo']
   */
  globalTable<K, V>(topic: string, options: GlobalTableOptions<K, V>): GlobalTable<NonNullable<K>, NonNullable<V>> {
    const { key, value, name = null, store = null } = options
    const { graph } = this.#dsl
    const refused = readTableOptions(this.#dsl, options)
    return new GlobalTable(
      graph.append({ kind: 'global-table-source', topic, key, value, store, name, inputs: [], ...refused }),
    )
  }
}
