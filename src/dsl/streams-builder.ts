import type { GraphBuilder } from '../topology/topology.ts'
import type { NewNode } from '../topology/node.ts'
import { readVersioned, type DslContext } from './dsl-context.ts'
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
   * Among records that wait, the one with the smallest timestamp goes first; of equal ones, the source declared first.
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

  /** Reads a topic as a table. Null values delete; null keys are dropped and counted. The topic should be compacted. */
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
      ...readVersioned(this.#dsl, options),
    })
  }

  /**
   * Reads a topic as a table of which every instance holds all entries in memory: small reference data that streams look up with
   * `joinGlobal`, by any key, without co-partitioning. The topic should be compacted, and nothing else may read it.
   *
   * All partitions are read from the start, outside the consumer group, before the app runs; afterwards updates arrive within
   * about 100 ms. They are not synchronized with streams by event time: a record meets whatever has arrived. Null values delete; null keys
   * are left out. A record that cannot be decoded goes to the `decode` handler, which may answer `fail` or `continue`.
   * @example const merchants = builder.globalTable('merchants', { key: string(), value: json<Merchant>() })
   */
  globalTable<K, V>(topic: string, options: GlobalTableOptions<K, V>): GlobalTable<NonNullable<K>, NonNullable<V>> {
    const { key, value, name = null, store = null } = options
    const { graph } = this.#dsl
    return new GlobalTable(graph.append({ kind: 'global-table-source', topic, key, value, store, name, inputs: [] }))
  }
}
