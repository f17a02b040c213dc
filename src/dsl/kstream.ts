import type { StreamRecord } from '../core/stream-record.ts'
import { json } from '../serde/json.ts'
import type { Serde } from '../serde/serde.ts'
import type {
  FlatMapper,
  FlatValueMapper,
  ForeachAction,
  KeyValueMapper,
  Predicate,
  TopicSelector,
  ValueJoiner,
  ValueMapper,
} from '../topology/functions.ts'
import type { NodeId } from '../topology/node.ts'
import type { ProcessorSupplier } from '../topology/processor.ts'
import { appendJoin, type Joinable } from './append-join.ts'
import { readDuration, readVersioned, type DslContext } from './dsl-context.ts'
import type { GlobalTable } from './global-table.ts'
import { KGroupedStream } from './kgrouped-stream.ts'
import type { KTable } from './ktable.ts'
import type {
  DedupeId,
  DedupeOptions,
  GroupByKeyOptions,
  GroupByOptions,
  KeySerdeOption,
  KeyValueSerdeOptions,
  NodeOptions,
  ProcessOptions,
  RepartitionOptions,
  SinkOptions,
  StreamJoinOptions,
  StreamTableJoinOptions,
  ToTableOptions,
  ValueSerdeOption,
} from './options.ts'
import type { Impossible, SameKey } from './type-sentences.ts'

/** One branch of `split`. Without `when` it takes every record that no branch before it took. */
export interface Branch<K, V> {
  readonly name: string
  readonly when?: Predicate<K, V>
}

/**
 * A stream of records: each stands for itself (Kafka Streams: KStream).
 *
 * Every method appends a node to the topology and returns what comes out of it; nothing runs yet. Functions get the value
 * first and the key second. A null key or value reaches them as null even where the type does not say so, unless
 * the serde of the source is `nullable(...)`. Unless said otherwise a result carries its input's key, timestamp and headers.
 */
export class KStream<K, V> {
  readonly #dsl: DslContext
  /** The node that this stream comes out of. */
  readonly node: NodeId
  declare readonly windowedBy: Impossible<'windows need a grouped stream: call groupByKey() or groupBy() first'>
  declare readonly count: Impossible<'aggregates need a grouped stream: call groupByKey() or groupBy() first'>
  declare readonly reduce: Impossible<'aggregates need a grouped stream: call groupByKey() or groupBy() first'>
  declare readonly aggregate: Impossible<'aggregates need a grouped stream: call groupByKey() or groupBy() first'>
  declare readonly over: Impossible<'trailing ranges need a grouped stream: call groupByKey() or groupBy() first'>

  constructor(dsl: DslContext, node: NodeId) {
    this.#dsl = dsl
    this.node = node
  }

  /**
   * Keeps the records for which `predicate` holds. Keeps partitioning.
   * Null keys and null values are tested like any other.
   * @throws nothing; what `predicate` throws goes to the `process` handler
   * @example transactions.filter((tx) => tx.amount > 100)
   */
  filter<S extends V>(predicate: (value: V, key: K) => value is S, options?: NodeOptions): KStream<K, S>
  filter(predicate: Predicate<K, V>, options?: NodeOptions): KStream<K, V>
  filter(predicate: Predicate<K, V>, options: NodeOptions = {}): KStream<K, V> {
    return this.#stream({ kind: 'filter', predicate, negate: false, ...this.#from(options) })
  }

  /** Drops the records for which `predicate` holds; otherwise as `filter`. */
  filterNot(predicate: Predicate<K, V>, options: NodeOptions = {}): KStream<K, V> {
    return this.#stream({ kind: 'filter', predicate, negate: true, ...this.#from(options) })
  }

  /**
   * Replaces key and value. May repartition: whatever needs the key next (grouping, joins) goes through a repartition topic,
   * even if the key stays the same. Sees null keys and values. Use `mapValues` where the key does not change.
   * @example transactions.map((tx, card) => ({ key: tx.merchant, value: tx.amount }), { key: string(), value: double() })
   */
  map<K2, V2>(mapper: KeyValueMapper<K, V, K2, V2>, options: KeyValueSerdeOptions<K2, V2> = {}): KStream<K2, V2> {
    return this.#stream({
      kind: 'map',
      mapper,
      key: options.key ?? null,
      value: options.value ?? null,
      ...this.#from(options),
    })
  }

  /** Replaces the value. Keeps partitioning. Sees null values. @example words.mapValues((word) => word.length) */
  mapValues<R>(mapper: ValueMapper<K, V, R>, options: NodeOptions & ValueSerdeOption<R> = {}): KStream<K, R> {
    return this.#stream({ kind: 'map-values', mapper, value: options.value ?? null, ...this.#from(options) })
  }

  /** Replaces each record by any number of records, in order, all with its timestamp. May repartition. Sees nulls. */
  flatMap<K2, V2>(mapper: FlatMapper<K, V, K2, V2>, options: KeyValueSerdeOptions<K2, V2> = {}): KStream<K2, V2> {
    return this.#stream({
      kind: 'flat-map',
      mapper,
      key: options.key ?? null,
      value: options.value ?? null,
      ...this.#from(options),
    })
  }

  /** Replaces each value by any number of values, in order, all with its key and timestamp. Keeps partitioning. Sees nulls. */
  flatMapValues<R>(mapper: FlatValueMapper<K, V, R>, options: NodeOptions & ValueSerdeOption<R> = {}): KStream<K, R> {
    return this.#stream({ kind: 'flat-map-values', mapper, value: options.value ?? null, ...this.#from(options) })
  }

  /** Replaces the key. May repartition, as `map`. A null key is legal; grouping and joins drop it. */
  selectKey<K2>(mapper: ValueMapper<K, V, K2>, options: NodeOptions & KeySerdeOption<K2> = {}): KStream<K2, V> {
    return this.#stream({ kind: 'select-key', mapper, key: options.key ?? null, ...this.#from(options) })
  }

  /** Calls `action` and passes the record on. It runs again when a record is processed again after a failure. */
  peek(action: ForeachAction<K, V>, options: NodeOptions = {}): KStream<K, V> {
    return this.#stream({ kind: 'peek', action, ...this.#from(options) })
  }

  /** Calls `action`; the end of this branch. It runs again when a record is processed again after a failure. */
  foreach(action: ForeachAction<K, V>, options: NodeOptions = {}): void {
    this.#dsl.graph.append({ kind: 'foreach', action, ...this.#from(options) })
  }

  /** All records of both streams; no order between them is promised. Repartitions later if either side would. */
  merge<K2, V2>(other: KStream<K2, V2> & SameKey<K, K2, 'merge'>, options: NodeOptions = {}): KStream<K, V | V2> {
    return this.#stream({
      kind: 'merge',
      name: options.name ?? null,
      inputs: [this.node, (other as KStream<K2, V2>).node],
    })
  }

  /**
   * Sends each record to the first branch whose `when` holds; a branch without `when` takes the rest. A record that no
   * branch takes is left out. Keeps partitioning. Sees null keys and values.
   * @returns the branches by name
   * @example const { large, rest } = payments.split([{ name: 'large', when: (p) => p.amount > 100 }, { name: 'rest' }])
   */
  split<const B extends readonly Branch<K, V>[]>(
    branches: B,
    options: NodeOptions = {},
  ): { [N in B[number]['name']]: KStream<K, V> } {
    const split = this.#dsl.graph.append({
      kind: 'split',
      branches: branches.map(({ name, when }) => ({ name, predicate: when ?? null })),
      ...this.#from(options),
    })
    const streams = branches.map(({ name }) => [
      name,
      this.#stream({ kind: 'branch', branch: name, name: null, inputs: [split] }),
    ])
    return Object.fromEntries(streams) as { [N in B[number]['name']]: KStream<K, V> }
  }

  /**
   * Lets the first record of an id through and drops its repeats: records with the same key and id whose event time is at most
   * `within` before or after that of one that was let through. Counted as `duplicate`. Keeps key, value, timestamp and
   * headers; repartitions if the key changed before, for ids are looked for within their key: under two keys they are two ids.
   *
   * A null key is dropped and counted; a record whose id is null (or undefined) always passes; null values reach `id`. By
   * arrival: of two records out of order the one that comes first is let through. Stream time is the largest event time let
   * through, of all keys of the partition. An id is forgotten when that is 2 * `within` past it. A record more than `within`
   * behind stream time may repeat what is forgotten: it passes, for dropping it could lose the only one; with
   * `late: 'drop'` it is dropped and counted (`late`). The state has a changelog and survives a restart.
   *
   * Delivery: it takes out what producers and at-least-once steps before it wrote twice to a topic. It does not make the app
   * exactly-once: after a crash a record that is read again passes again, rather than be lost, so what follows may see it twice (with
   * `late: 'drop'` it can be lost where what is read again spans more than `within`). A record that a step below fails on
   * and the handler leaves out counts as let through.
   * @throws nothing; what `id` throws goes to the `process` handler
   * @example payments.dedupe({ id: (payment) => payment.requestId, within: '1h' })
   */
  dedupe(options: DedupeOptions<K, V, DedupeId>): KStream<K, V>
  dedupe<I>(options: DedupeOptions<K, V, I> & { readonly idSerde: Serde<I> }): KStream<K, V>
  dedupe(options: DedupeOptions<K, V, any>): KStream<K, V> {
    return this.#stream({
      kind: 'dedupe',
      idOf: options.id,
      withinMs: readDuration(this.#dsl, options.within, `within of ${options.name ?? 'a dedupe'}`),
      late: options.late ?? 'pass',
      idSerde: options.idSerde ?? json(),
      key: options.key ?? null,
      value: options.value ?? null,
      ...this.#from(options),
    })
  }

  /**
   * Sends the stream through the topic `<app>-<name>-repartition`, partitioned by key. Grouping and joins do that by
   * themselves where they must; this sets the name, the partition count or the partitioner. Null keys are dropped
   * and counted, unless a left or outer join follows (KIP-962).
   */
  repartition(options: RepartitionOptions<K, V> = {}): KStream<K, V> {
    return this.#stream({
      kind: 'repartition',
      key: options.key ?? null,
      value: options.value ?? null,
      partitions: options.partitions ?? null,
      partitioner: options.partitioner ?? null,
      ...this.#from(options),
    })
  }

  /**
   * The latest value of each key, as a table. Null values delete; null keys are dropped. Repartitions if the key changed.
   * Records are applied in the order of arrival, also when their timestamps go back.
   */
  toTable(options: ToTableOptions<K, V> = {}): KTable<NonNullable<K>, NonNullable<V>> {
    return this.#dsl.table({
      kind: 'to-table',
      key: options.key ?? null,
      value: options.value ?? null,
      store: options.store ?? null,
      ...readVersioned(this.#dsl, options),
      ...this.#from(options),
    })
  }

  /** Groups by the key as it is. Repartitions if the key changed before. Records with a null key are dropped by what follows. */
  groupByKey(options: GroupByKeyOptions<K, V> = {}): KGroupedStream<NonNullable<K>, V> {
    const { name = null, key = null, value = null } = options
    return new KGroupedStream(this.#dsl, { node: this.node, name, key, value })
  }

  /** Groups by a new key; always repartitions. Records for which `selector` gives null are dropped. */
  groupBy<K2>(selector: ValueMapper<K, V, K2>, options: GroupByOptions<K2, V>): KGroupedStream<NonNullable<K2>, V> {
    const rekeyed = this.selectKey(selector, { key: options.key })
    return new KGroupedStream(this.#dsl, {
      node: rekeyed.node,
      name: options.name ?? null,
      key: options.key,
      value: options.value ?? null,
    })
  }

  /**
   * Inner join.
   *
   * With a stream: every pair of records with equal keys whose event times are no further apart than `within`; the result has
   * the larger timestamp. Null keys and null values are dropped. Late records join as long as `grace` allows.
   *
   * With a table: each record of the stream with the table's value at that moment (processing time), or, if the table is
   * versioned, at the record's time, which `grace` lets late updates reach first. The result has the stream record's timestamp. Updates of the table alone give no result. Null keys and null values are dropped.
   *
   * Both sides must have equal partition counts (checked at start, `MILLRACE_PARTITIONS_MISMATCH`); a side whose key
   * changed is repartitioned.
   */
  join<K2, VR, R>(
    table: KTable<K2, VR> & SameKey<K, K2, 'join'>,
    joiner: ValueJoiner<K, NonNullable<V>, VR, R>,
    options?: StreamTableJoinOptions<K, V>,
  ): KStream<K, R>
  join<K2, VR, R>(
    other: KStream<K2, VR> & SameKey<K, K2, 'join'>,
    joiner: ValueJoiner<K, NonNullable<V>, NonNullable<VR>, R>,
    options: StreamJoinOptions<K, V, VR>,
  ): KStream<K, R>
  join(other: unknown, joiner: ValueJoiner, options: object = {}): KStream<K, any> {
    return appendJoin(this.#dsl, { left: this.node, type: 'inner', joiner }, other as Joinable, options)
  }

  /**
   * Left join: as `join`, and a record of this stream that finds nothing gives a result with null on the right.
   *
   * With a stream the unmatched result comes when the window and its grace have passed in event time; with a late record
   * inside grace it comes at once (as in Kafka Streams, ADR 0004). A null key gives an unmatched result at once (KIP-962), also where other
   * records wait for a versioned table's `grace`; a null value is dropped.
   */
  leftJoin<K2, VR, R>(
    table: KTable<K2, VR> & SameKey<K, K2, 'leftJoin'>,
    joiner: ValueJoiner<K, NonNullable<V>, VR | null, R>,
    options?: StreamTableJoinOptions<K, V>,
  ): KStream<K, R>
  leftJoin<K2, VR, R>(
    other: KStream<K2, VR> & SameKey<K, K2, 'leftJoin'>,
    joiner: ValueJoiner<K, NonNullable<V>, NonNullable<VR> | null, R>,
    options: StreamJoinOptions<K, V, VR>,
  ): KStream<K, R>
  leftJoin(other: unknown, joiner: ValueJoiner, options: object = {}): KStream<K, any> {
    return appendJoin(this.#dsl, { left: this.node, type: 'left', joiner }, other as Joinable, options)
  }

  /** Outer join of two streams: as `leftJoin`, for both sides. */
  outerJoin<K2, VR, R>(
    other: KStream<K2, VR> & SameKey<K, K2, 'outerJoin'>,
    joiner: ValueJoiner<K, NonNullable<V> | null, NonNullable<VR> | null, R>,
    options: StreamJoinOptions<K, V, VR>,
  ): KStream<K, R> {
    return appendJoin(this.#dsl, { left: this.node, type: 'outer', joiner }, other as KStream<K2, VR>, options)
  }

  /**
   * Hands each record to a processor of yours, one for each task, with stores, punctuations by event time and wall clock, and the
   * record's origin (Kafka Streams: process, KIP-820). It forwards any number of records, at any time, with any key:
   * may repartition, as `map`. Null keys and null values reach it, late records too. Its stores have changelogs and survive
   * a restart; what it keeps outside of them does not.
   * @param supplier must give a new object each time
   * @param options.stores what `context.store` can reach; declare them with `keyValueStore`, `windowStore`, `sessionStore`
   * @throws nothing; what `process` throws goes to the `process` handler, what `init` or a punctuation throws stops the app
   * @example
   * const seen = keyValueStore('seen', { key: string(), value: json<number>() })
   * clicks.process(() => ({
   *   process(record, context) {
   *     const store = context.store(seen)
   *     if (store.get(record.key) !== null) return
   *     store.put(record.key, record.timestamp)
   *     context.forward(record)
   *   },
   * }), { stores: [seen] })
   */
  process<K2 = K, V2 = V>(
    supplier: ProcessorSupplier<K, V, K2, V2>,
    options: ProcessOptions & KeyValueSerdeOptions<K2, V2> = {},
  ): KStream<K2, V2> {
    return this.#process(supplier, false, options)
  }

  /**
   * As `process`, and the key stays as it is: keeps partitioning. Forwarding another key, or from a punctuation, where there is no
   * record whose key it could be, throws a TopologyError that stops the app.
   */
  processValues<V2 = V>(
    supplier: ProcessorSupplier<K, V, K, V2>,
    options: ProcessOptions & NodeOptions & ValueSerdeOption<V2> = {},
  ): KStream<K, V2> {
    return this.#process(supplier, true, options)
  }

  /**
   * Inner join with a global table: each record with the entry whose key `keySelector` finds in it, as it is at that moment. Keeps
   * key, timestamp and partitioning; never repartitions. A record that finds nothing, whose value is null, or for which
   * `keySelector` gives null is left out. Updates of the table alone give no result.
   * @example payments.joinGlobal(merchants, (payment) => payment.merchantId, (payment, merchant) => ({ ...payment, merchant }))
   */
  joinGlobal<GK, GV, R>(
    table: GlobalTable<GK, GV>,
    keySelector: ValueMapper<K, NonNullable<V>, NoInfer<GK> | null | undefined>,
    joiner: ValueJoiner<K, NonNullable<V>, GV, R>,
    options: NodeOptions = {},
  ): KStream<K, R> {
    return this.#joinGlobal('inner', table, { keySelector, joiner }, options)
  }

  /** Left join with a global table: as `joinGlobal`, with null on the right for a record that finds nothing or has no key to look for. */
  leftJoinGlobal<GK, GV, R>(
    table: GlobalTable<GK, GV>,
    keySelector: ValueMapper<K, NonNullable<V>, NoInfer<GK> | null | undefined>,
    joiner: ValueJoiner<K, NonNullable<V>, GV | null, R>,
    options: NodeOptions = {},
  ): KStream<K, R> {
    return this.#joinGlobal('left', table, { keySelector, joiner }, options)
  }

  /**
   * Writes the stream to a topic that exists: `topic`, or the one that a function names for each record. Null keys go to any
   * partition; null values are written as tombstones. What cannot be written goes to the `produce` handler.
   */
  to(topic: string | TopicSelector<K, V>, options: SinkOptions<K, V>): void {
    const { key, value, partitioner = null } = options
    this.#dsl.graph.append({ kind: 'sink', topic, key, value, partitioner, ...this.#from(options) })
  }

  #process<K2, V2>(
    supplier: ProcessorSupplier,
    valuesOnly: boolean,
    options: ProcessOptions & KeyValueSerdeOptions<K2, V2>,
  ): KStream<K2, V2> {
    return this.#stream({
      kind: 'process',
      supplier,
      stores: Object.freeze([...(options.stores ?? [])]),
      valuesOnly,
      key: options.key ?? null,
      value: options.value ?? null,
      ...this.#from(options),
    })
  }

  #joinGlobal(
    type: 'inner' | 'left',
    table: GlobalTable<any, any>,
    functions: { readonly keySelector: ValueMapper; readonly joiner: ValueJoiner },
    { name = null }: { readonly name?: string | null },
  ): KStream<K, any> {
    return this.#stream({ kind: 'stream-global-join', type, ...functions, name, inputs: [this.node, table.node] })
  }

  #stream<K2, V2>(node: Parameters<DslContext['stream']>[0]): KStream<K2, V2> {
    return this.#dsl.stream(node)
  }

  #from(options: NodeOptions): { readonly name: string | null; readonly inputs: readonly NodeId[] } {
    return { name: options.name ?? null, inputs: [this.node] }
  }
}

/** The record type of a stream, for users' helper functions. */
export type RecordOf<S> = S extends KStream<infer K, infer V> ? StreamRecord<K, V> : never
