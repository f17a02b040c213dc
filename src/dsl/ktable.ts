import type { KeyValueMapper, Predicate, ValueJoiner, ValueMapper } from '../topology/functions.ts'
import type { NodeId } from '../topology/node.ts'
import { readDuration, readVersioned, type DslContext } from './dsl-context.ts'
import { KGroupedTable } from './kgrouped-table.ts'
import type { KStream } from './kstream.ts'
import type {
  ForeignKeyJoinOptions,
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
 * A table: for each key its latest value; a stream of updates (Kafka Streams: KTable). Functions never see null: a deletion (tombstone)
 * passes through every operation as one. Updates are applied in the order of arrival, also when timestamps go back. A
 * table is kept in a store only where `store` names one or something downstream must look values up.
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
   * Keeps the entries for which `predicate` holds; an update that fails it becomes a tombstone. Keeps partitioning.
   * Where the parent is not kept in a store, a tombstone also goes out for keys that never passed (as in Kafka Streams).
   */
  filter(predicate: Predicate<K, V>, options: TableFilterOptions = {}): KTable<K, V> {
    return this.#table({
      kind: 'table-filter',
      predicate,
      negate: false,
      store: options.store ?? null,
      ...readVersioned(this.#dsl, options),
      ...this.#from(options),
    })
  }

  /** Drops the entries for which `predicate` holds; otherwise as `filter`. */
  filterNot(predicate: Predicate<K, V>, options: TableFilterOptions = {}): KTable<K, V> {
    return this.#table({
      kind: 'table-filter',
      predicate,
      negate: true,
      store: options.store ?? null,
      ...readVersioned(this.#dsl, options),
      ...this.#from(options),
    })
  }

  /** Replaces each value; null deletes. Keeps partitioning. The mapper may be called again for a lookup: keep it pure. */
  mapValues<R>(mapper: ValueMapper<K, V, R | null>, options: TableOptions<R> = {}): KTable<K, R> {
    return this.#table({
      kind: 'table-map-values',
      mapper,
      value: options.value ?? null,
      store: options.store ?? null,
      ...readVersioned(this.#dsl, options),
      ...this.#from(options),
    })
  }

  /**
   * The updates as a stream; deletions are null values. Keeps partitioning.
   * @param options.selectKey a new key for each update; then the stream repartitions as after `KStream.selectKey`
   */
  toStream(options?: NodeOptions): KStream<K, V | null>
  toStream<K2>(
    options: NodeOptions & KeySerdeOption<K2> & { readonly selectKey: ValueMapper<K, V | null, K2> },
  ): KStream<K2, V | null>
  toStream(
    options: NodeOptions & KeySerdeOption<any> & { readonly selectKey?: ValueMapper } = {},
  ): KStream<any, V | null> {
    const stream = this.#dsl.stream<K, V | null>({ kind: 'to-stream', ...this.#from(options) })
    if (options.selectKey === undefined) return stream
    return stream.selectKey(options.selectKey, options.key === undefined ? {} : { key: options.key })
  }

  /**
   * Groups the entries by a new key with a new value; always repartitions. When an entry changes, its old value is taken out
   * of its old group before the new one is added to its new group; within one group that is one update (KIP-904). An entry for which
   * the key is null is left out.
   */
  groupBy<K2, V2>(
    selector: KeyValueMapper<K, V, K2, V2>,
    options: TableGroupByOptions<K2, V2>,
  ): KGroupedTable<NonNullable<K2>, NonNullable<V2>> {
    const node = this.#dsl.graph.append({ kind: 'table-group', selector, name: null, inputs: [this.node] })
    return new KGroupedTable(this.#dsl, { node, name: options.name ?? null, key: options.key, value: options.value })
  }

  /**
   * Inner join on the key: whenever either side changes, the joined value of both; a tombstone when either is deleted while
   * the other is there, even if there was no result before. Timestamp: the larger of both. Null keys are dropped.
   * Both topics need equal partition counts (checked at start).
   */
  join<K2, VR, R>(
    other: KTable<K2, VR> & SameKey<K, K2, 'join'>,
    joiner: ValueJoiner<K, V, VR, R | null>,
    options: TableOptions<R> = {},
  ): KTable<K, R> {
    return this.#join('inner', other as KTable<K2, VR>, joiner, options)
  }

  /** Left join: as `join`, with null for a missing right side. */
  leftJoin<K2, VR, R>(
    other: KTable<K2, VR> & SameKey<K, K2, 'leftJoin'>,
    joiner: ValueJoiner<K, V, VR | null, R | null>,
    options: TableOptions<R> = {},
  ): KTable<K, R> {
    return this.#join('left', other as KTable<K2, VR>, joiner, options)
  }

  /** Outer join: as `join`, with null for either missing side; a tombstone when both are gone. */
  outerJoin<K2, VR, R>(
    other: KTable<K2, VR> & SameKey<K, K2, 'outerJoin'>,
    joiner: ValueJoiner<K, V | null, VR | null, R | null>,
    options: TableOptions<R> = {},
  ): KTable<K, R> {
    return this.#join('outer', other as KTable<K2, VR>, joiner, options)
  }

  /**
   * Inner join on a foreign key (KIP-213): each entry with the entry of `other` whose key `foreignKey` finds in it. Many entries may refer to
   * one. The result is keyed as this table and follows every change of either side.
   *
   * An entry for which `foreignKey` gives null has no result. A tombstone goes out when an entry that referred to something is deleted
   * or refers to nothing any more, and when the entry it refers to is deleted or missing after a change, also where there was no
   * result before. Timestamp: the larger of both when this side changes, the other entry's when that side does.
   *
   * The sides talk through two internal topics, `<app>-<name>-subscription-registration-topic` and `-response-topic`, so the partition
   * counts of the tables may differ. Results of one key come in order, the last one right, but between partitions updates that
   * cross each other may be skipped: answers to a value that was replaced since are dropped.
   * @example orders.joinByForeignKey(customers, (order) => order.customerId, (order, customer) => ({ ...order, customer }))
   */
  joinByForeignKey<K2, VR, R>(
    other: KTable<K2, VR>,
    foreignKey: ValueMapper<K, V, NoInfer<K2> | null | undefined>,
    joiner: ValueJoiner<K, V, VR, R | null>,
    options: ForeignKeyJoinOptions<V, VR, R> = {},
  ): KTable<K, R> {
    return this.#foreignKeyJoin('inner', other, { foreignKey, joiner }, options)
  }

  /**
   * Left join on a foreign key: as `joinByForeignKey`, but every entry has a result, with null on the right where it refers to nothing or
   * to what is not there. Only the deletion of an entry gives a tombstone.
   */
  leftJoinByForeignKey<K2, VR, R>(
    other: KTable<K2, VR>,
    foreignKey: ValueMapper<K, V, NoInfer<K2> | null | undefined>,
    joiner: ValueJoiner<K, V, VR | null, R | null>,
    options: ForeignKeyJoinOptions<V, VR, R> = {},
  ): KTable<K, R> {
    return this.#foreignKeyJoin('left', other, { foreignKey, joiner }, options)
  }

  /**
   * Holds updates back (KIP-328): until their window is closed for good (one final result per window), or each key's for a time
   * limit. Driven by event time only: while no record comes, nothing is let through. Survives a restart through its changelog.
   * @throws StateError `MILLRACE_BUFFER_FULL` when `maxRecords` or `maxBytes` is passed and may not be met by emitting early
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

  #join<R>(
    type: 'inner' | 'left' | 'outer',
    other: KTable<any, any>,
    joiner: ValueJoiner,
    options: TableOptions<R>,
  ): KTable<K, R> {
    const { name = null, value = null, store = null } = options
    const inputs = [this.node, other.node]
    const versioned = readVersioned(this.#dsl, options)
    return this.#table({ kind: 'table-join', type, joiner, value, store, name, inputs, ...versioned })
  }

  #foreignKeyJoin<R>(
    type: 'inner' | 'left',
    other: KTable<any, any>,
    functions: { readonly foreignKey: ValueMapper; readonly joiner: ValueJoiner },
    options: ForeignKeyJoinOptions<any, any, R>,
  ): KTable<K, R> {
    const { name = null, value = null, leftValue = null, rightValue = null, store = null } = options
    const inputs = [this.node, other.node]
    return this.#table({
      kind: 'foreign-key-join',
      type,
      ...functions,
      value,
      leftValue,
      rightValue,
      store,
      name,
      inputs,
      ...readVersioned(this.#dsl, options),
    })
  }

  #table<K2, V2>(node: Parameters<DslContext['table']>[0]): KTable<K2, V2> {
    return this.#dsl.table(node)
  }

  #from(options: NodeOptions): { readonly name: string | null; readonly inputs: readonly NodeId[] } {
    return { name: options.name ?? null, inputs: [this.node] }
  }
}
