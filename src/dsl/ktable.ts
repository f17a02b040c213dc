import type { KeyValueMapper, Predicate, ValueJoiner, ValueMapper } from '../topology/functions.ts'
import type { NodeBase, NodeId } from '../topology/node.ts'
import { appendForeignKeyJoin, appendTableJoin } from './append-table-join.ts'
import { readDuration, readTableOptions, type DslContext } from './dsl-context.ts'
import { readOnError } from './error-option.ts'
import { KGroupedTable } from './kgrouped-table.ts'
import type { KStream } from './kstream.ts'
import type {
  ForeignKeyJoinOptions,
  FunctionOptions,
  KeySerdeOption,
  NodeOptions,
  TableFilterOptions,
  TableGroupByOptions,
  TableOptions,
  UntilTimeLimit,
  UntilWindowCloses,
} from './options.ts'
import type { SameKey, WindowedOnly } from './type-sentences.ts'

/**
 * A table: for each key its latest value; a stream of updates (Kafka Streams: KTable). A
 * table is kept in a store only where `store` names one or something downstream must look values up.
 * @key Both stay as they are.
 * @nulls Functions never see null: a deletion (tombstone) passes as one. Null keys were dropped where the table began.
 * @time Updates are applied in the order of arrival, also when timestamps go back, unless the table is `versioned`. A result has its
 * update's timestamp.
 * @throws What a function throws goes to its `onError`, else to the `process` handler.
 */
export class KTable<K, V> {
  readonly #dsl: DslContext
  /** The node that this table comes out of. */
  readonly node: NodeId

  constructor(dsl: DslContext, node: NodeId) {
    this.#dsl = dsl
    this.node = node
  }

  /**
   * Keeps the entries for which `predicate` holds.
   * @nulls An update that fails `predicate` becomes a tombstone. Where the parent is not kept in a store, a tombstone also goes
   * out for keys that never passed (as in Kafka Streams).
   * @example const high = limits.filter((limit) => limit > 100)
   * // limits <- ['ann', 200], ['ann', 50, '1s']; high -> ['ann', 200], ['ann', null, '1s']
   */
  filter(predicate: Predicate<K, V>, options: TableFilterOptions = {}): KTable<K, V> {
    return this.#table({
      kind: 'table-filter',
      predicate,
      negate: false,
      store: options.store ?? null,
      ...readTableOptions(this.#dsl, options),
      ...this.#from(options),
    })
  }

  /**
   * Drops the entries for which `predicate` holds; otherwise as `filter`.
   * @nulls As `filter`.
   * @example const low = limits.filterNot((limit) => limit > 100)
   * // limits <- ['ann', 50], ['ann', 200, '1s']; low -> ['ann', 50], ['ann', null, '1s']
   */
  filterNot(predicate: Predicate<K, V>, options: TableFilterOptions = {}): KTable<K, V> {
    return this.#table({
      kind: 'table-filter',
      predicate,
      negate: true,
      store: options.store ?? null,
      ...readTableOptions(this.#dsl, options),
      ...this.#from(options),
    })
  }

  /**
   * Replaces each value. The mapper may be called again for a lookup: keep it pure.
   * @nulls Deletions pass without a call. Where `mapper` gives null the key is deleted.
   * @example const doubled = limits.mapValues((limit) => limit * 2)
   * // limits <- ['ann', 50], ['ann', null]; doubled -> ['ann', 100], ['ann', null]
   */
  mapValues<R>(mapper: ValueMapper<K, V, R | null>, options: TableOptions<R> = {}): KTable<K, R> {
    return this.#table({
      kind: 'table-map-values',
      mapper,
      value: options.value ?? null,
      store: options.store ?? null,
      ...readTableOptions(this.#dsl, options),
      ...this.#from(options),
    })
  }

  /**
   * The updates as a stream.
   * @param options.selectKey a new key for each update; it sees null values
   * @key Both stay as they are; with `selectKey` the stream repartitions as after `KStream.selectKey`.
   * @nulls Deletions are null values from here on.
   * @example const updates = limits.toStream().mapValues((limit) => limit ?? 'gone')
   * // limits <- ['ann', 50], ['ann', null]; updates -> ['ann', 50], ['ann', 'gone']
   */
  toStream(options?: NodeOptions): KStream<K, V | null>
  toStream<K2>(
    options: FunctionOptions & KeySerdeOption<K2> & { readonly selectKey: ValueMapper<K, V | null, K2> },
  ): KStream<K2, V | null>
  toStream(
    options: FunctionOptions & KeySerdeOption<any> & { readonly selectKey?: ValueMapper } = {},
  ): KStream<any, V | null> {
    const { name, key, selectKey, onError } = options
    const stream = this.#dsl.stream<K, V | null>({
      kind: 'to-stream',
      ...this.#from(name === undefined ? {} : { name }),
    })
    if (selectKey === undefined) return stream
    return stream.selectKey(selectKey, { ...(key !== undefined && { key }), ...(onError !== undefined && { onError }) })
  }

  /**
   * Groups the entries by a new key with a new value, for an aggregate. When an entry changes, its old value is taken out
   * of its old group before the new one is added to its new group; within one group that is one update (KIP-904).
   * @key Always repartitions, by the new key. The topic carries old and new values.
   * @nulls An entry for which the new key or the new value is null is left out.
   * @example const perOwner = cards.groupBy((card) => ({ key: card.owner, value: card.limit }), { key: string(), value: json<number>() })
   * const counts = perOwner.count()
   * // cards <- ['card-1', { owner: 'ann', limit: 5 }], ['card-2', { owner: 'ann', limit: 7 }], ['card-1', null]
   * // counts -> ['ann', 1], ['ann', 2], ['ann', 1]
   */
  groupBy<K2, V2>(
    selector: KeyValueMapper<K, V, K2, V2>,
    options: TableGroupByOptions<K2, V2>,
  ): KGroupedTable<NonNullable<K2>, NonNullable<V2>> {
    const onError = readOnError(this.#dsl, options)
    const node = this.#dsl.graph.append({ kind: 'table-group', selector, name: null, inputs: [this.node], ...onError })
    return new KGroupedTable(this.#dsl, { node, name: options.name ?? null, key: options.key, value: options.value })
  }

  /**
   * Inner join on the key: whenever either side changes, the joined value of both.
   * @key Keeps the key. Both topics need equal partition counts.
   * @nulls A tombstone goes out when either side is deleted while the other is there, even if there was no result before, and
   * where `joiner` gives null.
   * @time Either side's updates are applied as they arrive. Timestamp: the larger of both.
   * @throws `MILLRACE_PARTITIONS_MISMATCH` at start. What `joiner` throws goes to its `onError`, else to the `process` handler.
   * @example const named = limits.join(owners, (limit, owner) => `${owner}: ${limit}`)
   * // limits <- ['card-1', 50, '9s']; owners <- ['card-1', 'Ann', '1s'], ['card-1', null, '2s']
   * // named -> ['card-1', 'Ann: 50', '9s'], ['card-1', null, '9s']
   */
  join<K2, VR, R>(
    other: KTable<K2, VR> & SameKey<K, K2, 'join'>,
    joiner: ValueJoiner<K, V, VR, R | null>,
    options: TableOptions<R> = {},
  ): KTable<K, R> {
    return appendTableJoin(
      this.#dsl,
      { type: 'inner', inputs: [this.node, (other as KTable<K2, VR>).node], joiner },
      options,
    )
  }

  /**
   * Left join: as `join`, with null for a missing right side.
   * @key As `join`.
   * @nulls A deletion on the right gives a result with null there; one on the left a tombstone.
   * @time As `join`.
   * @throws As `join`.
   * @example const named = limits.leftJoin(owners, (limit, owner) => `${owner ?? 'nobody'}: ${limit}`)
   * // limits <- ['card-1', 50]; owners <- ['card-1', 'Ann', '1s']
   * // named -> ['card-1', 'nobody: 50'], ['card-1', 'Ann: 50', '1s']
   */
  leftJoin<K2, VR, R>(
    other: KTable<K2, VR> & SameKey<K, K2, 'leftJoin'>,
    joiner: ValueJoiner<K, V, VR | null, R | null>,
    options: TableOptions<R> = {},
  ): KTable<K, R> {
    return appendTableJoin(
      this.#dsl,
      { type: 'left', inputs: [this.node, (other as KTable<K2, VR>).node], joiner },
      options,
    )
  }

  /**
   * Outer join: as `join`, with null for either missing side.
   * @key As `join`.
   * @nulls A deletion gives a result with null on that side; a tombstone when both are gone.
   * @time As `join`.
   * @throws As `join`.
   * @example const known = limits.outerJoin(owners, (limit, owner) => `${owner ?? 'nobody'}: ${limit ?? 'no limit'}`)
   * // owners <- ['card-1', 'Ann']; owners <- ['card-1', null, '1s']
   * // known -> ['card-1', 'Ann: no limit'], ['card-1', null, '1s']
   */
  outerJoin<K2, VR, R>(
    other: KTable<K2, VR> & SameKey<K, K2, 'outerJoin'>,
    joiner: ValueJoiner<K, V | null, VR | null, R | null>,
    options: TableOptions<R> = {},
  ): KTable<K, R> {
    return appendTableJoin(
      this.#dsl,
      { type: 'outer', inputs: [this.node, (other as KTable<K2, VR>).node], joiner },
      options,
    )
  }

  /**
   * Inner join on a foreign key (KIP-213): each entry with the entry of `other` whose key `foreignKey` finds in it. Many entries may refer to
   * one. The result is keyed as this table and follows every change of either side.
   * @key Keeps the key. The sides talk through two internal topics, `<app>-<name>-subscription-registration-topic` and
   * `-response-topic`, so the partition counts of the tables may differ.
   * @nulls An entry for which `foreignKey` gives null has no result. A tombstone goes out when an entry that referred to something is
   * deleted or refers to nothing any more, and when the entry it refers to is deleted or missing after a change, also where there was no
   * result before.
   * @time Timestamp: the larger of both when this side changes, the other entry's when that side does. Results of one key come in order,
   * the last one right, but between partitions updates that cross each other may be skipped: answers to a value that was replaced
   * since are dropped.
   * @example const named = cards.joinByForeignKey(owners, (card) => card.owner, (card, name) => `${name}: ${card.limit}`)
   * // owners <- ['ann', 'Ann A.']; cards <- ['card-1', { owner: 'ann', limit: 5 }, '1s']; owners <- ['ann', 'Ann B.', '2s']
   * // named -> ['card-1', 'Ann A.: 5', '1s'], ['card-1', 'Ann B.: 5', '2s']
   */
  joinByForeignKey<K2, VR, R>(
    other: KTable<K2, VR>,
    foreignKey: ValueMapper<K, V, NoInfer<K2> | null | undefined>,
    joiner: ValueJoiner<K, V, VR, R | null>,
    options: ForeignKeyJoinOptions<V, VR, R> = {},
  ): KTable<K, R> {
    return appendForeignKeyJoin(
      this.#dsl,
      { type: 'inner', inputs: [this.node, other.node], joiner },
      foreignKey,
      options,
    )
  }

  /**
   * Left join on a foreign key: as `joinByForeignKey`, but every entry has a result, with null on the right where it refers to nothing or
   * to what is not there.
   * @key As `joinByForeignKey`.
   * @nulls Where `foreignKey` gives null the right side is null. Only the deletion of an entry, or a null of `joiner`, gives a tombstone.
   * @time As `joinByForeignKey`.
   * @example const named = cards.leftJoinByForeignKey(owners, (card) => card.owner, (card, name) => name ?? 'unknown')
   * // cards <- ['card-1', { owner: 'ann', limit: 5 }]; owners <- ['ann', 'Ann A.', '2s']
   * // named -> ['card-1', 'unknown'], ['card-1', 'Ann A.', '2s']
   */
  leftJoinByForeignKey<K2, VR, R>(
    other: KTable<K2, VR>,
    foreignKey: ValueMapper<K, V, NoInfer<K2> | null | undefined>,
    joiner: ValueJoiner<K, V, VR | null, R | null>,
    options: ForeignKeyJoinOptions<V, VR, R> = {},
  ): KTable<K, R> {
    return appendForeignKeyJoin(
      this.#dsl,
      { type: 'left', inputs: [this.node, other.node], joiner },
      foreignKey,
      options,
    )
  }

  /**
   * Holds updates back (KIP-328): until their window is closed for good (one final result per window), or each key's for a time
   * limit. Only the latest update of a key is passed on. Survives a restart through its changelog.
   * @nulls A time limit passes tombstones on. A window's final result that is a tombstone is left out.
   * @time Driven by event time only: while no record comes, nothing is let through, unless the app has `idleAfterMs`. What is passed on has its last update's timestamp.
   * For sliding windows a final result can come twice (as in Kafka Streams, ADR 0004).
   * @throws `MILLRACE_BUFFER_FULL` (StateError), which stops the app, when `maxRecords` or `maxBytes` is passed and may not be met
   * by emitting early.
   * @example const counts = words.groupByKey().windowedBy(tumbling({ size: '1m', grace: '5s' })).count()
   * const final = counts.suppress({ until: 'window-close' })
   * // words <- ['ann', 'a', '10s'], ['ann', 'b', '50s'], ['bob', 'c', '65s']; final -> ['ann@0..60000', 2, '50s']
   */
  suppress(options: UntilTimeLimit | WindowedOnly<K, UntilWindowCloses>): KTable<K, V> {
    const settings = options as UntilTimeLimit | UntilWindowCloses
    const timeLimit = settings.until === 'time-limit'
    return this.#table({
      kind: 'suppress',
      until: settings.until,
      durationMs: timeLimit
        ? readDuration(this.#dsl, settings.duration, `duration of ${settings.name ?? 'suppress'}`)
        : 0,
      maxRecords: settings.maxRecords ?? null,
      maxBytes: settings.maxBytes ?? null,
      onFull: timeLimit ? (settings.onFull ?? 'emit') : 'fail',
      ...this.#from(settings),
    })
  }

  #table<K2, V2>(node: Parameters<DslContext['table']>[0]): KTable<K2, V2> {
    return this.#dsl.table(node)
  }

  #from(options: FunctionOptions): Pick<NodeBase, 'name' | 'inputs' | 'onError'> {
    return { name: options.name ?? null, inputs: [this.node], ...readOnError(this.#dsl, options) }
  }
}
