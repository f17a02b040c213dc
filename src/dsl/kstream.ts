import type { StreamRecord } from '../core/stream-record.ts'
import type { Serde } from '../serde/serde.ts'
import type { AsyncKeyValueMapper, AsyncValueMapper, BatchMapper } from '../topology/async-functions.ts'
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
import type { NodeBase, NodeId } from '../topology/node.ts'
import type { ProcessorSupplier } from '../topology/processor.ts'
import { appendMapAsync, appendMapBatch, appendMapValuesAsync } from './append-async.ts'
import { appendDedupe } from './append-dedupe.ts'
import { appendProcess } from './append-process.ts'
import { appendGlobalJoin, appendStreamJoin, appendStreamTableJoin } from './append-stream-join.ts'
import { readTableOptions, type DslContext } from './dsl-context.ts'
import { readOnError, type ErrorOption } from './error-option.ts'
import type { GlobalTable } from './global-table.ts'
import { KGroupedStream } from './kgrouped-stream.ts'
import { KTable } from './ktable.ts'
import type {
  DedupeId,
  DedupeOptions,
  FunctionOptions,
  GroupByKeyOptions,
  GroupByOptions,
  KeySerdeOption,
  KeyValueSerdeOptions,
  MapAsyncOptions,
  MapBatchOptions,
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
 * first and the key second. A null key or value reaches them as null even where the type does not say so, unless the serde
 * of the source is `nullable(...)`. What the tags of this comment say holds for every method that says nothing else.
 * @key Both stay as they are.
 * @nulls Null keys and null values are treated like any others.
 * @time A result carries its input's timestamp and headers. Late records are treated like any others.
 * @throws What a function throws goes to its `onError`, else to the `process` handler.
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
   * Keeps the records for which `predicate` holds.
   * @example const large = amounts.filter((amount) => amount > 100)
   * // amounts <- ['ann', 50], ['bob', 200, '1s']; large -> ['bob', 200, '1s']
   */
  filter<S extends V>(predicate: (value: V, key: K) => value is S, options?: FunctionOptions): KStream<K, S>
  filter(predicate: Predicate<K, V>, options?: FunctionOptions): KStream<K, V>
  filter(predicate: Predicate<K, V>, options: FunctionOptions = {}): KStream<K, V> {
    return this.#stream({ kind: 'filter', predicate, negate: false, ...this.#from(options) })
  }

  /**
   * Drops the records for which `predicate` holds; otherwise as `filter`.
   * @example const small = amounts.filterNot((amount) => amount > 100)
   * // amounts <- ['ann', 50], ['bob', 200]; small -> ['ann', 50]
   */
  filterNot(predicate: Predicate<K, V>, options: FunctionOptions = {}): KStream<K, V> {
    return this.#stream({ kind: 'filter', predicate, negate: true, ...this.#from(options) })
  }

  /**
   * Replaces key and value. Use `mapValues` where the key does not change.
   * @key May repartition: what needs the key next (grouping, joins) reads through a repartition topic, even if no key has changed.
   * @example const byShop = payments.map(({ shop, amount }) => ({ key: shop, value: amount }), { value: json<number>() })
   * // payments <- ['card-1', { shop: 'cafe', amount: 5 }, '1s']; byShop -> ['cafe', 5, '1s']
   */
  map<K2, V2>(
    mapper: KeyValueMapper<K, V, K2, V2>,
    options: KeyValueSerdeOptions<K2, V2> & ErrorOption = {},
  ): KStream<K2, V2> {
    return this.#stream({
      kind: 'map',
      mapper,
      key: options.key ?? null,
      value: options.value ?? null,
      ...this.#from(options),
    })
  }

  /**
   * Replaces the value.
   * @example const lengths = words.mapValues((word) => word.length)
   * // words <- ['ann', 'three']; lengths -> ['ann', 5]
   */
  mapValues<R>(mapper: ValueMapper<K, V, R>, options: FunctionOptions & ValueSerdeOption<R> = {}): KStream<K, R> {
    return this.#stream({ kind: 'map-values', mapper, value: options.value ?? null, ...this.#from(options) })
  }

  /**
   * Replaces each record by any number of records, in order, all with its timestamp.
   * @key May repartition, as `map`.
   * @example const letters = words.flatMap((word, name) => [...word].map((letter) => ({ key: letter, value: name })))
   * // words <- ['ann', 'hi', '1s'], ['bob', '']; letters -> ['h', 'ann', '1s'], ['i', 'ann', '1s']
   */
  flatMap<K2, V2>(
    mapper: FlatMapper<K, V, K2, V2>,
    options: KeyValueSerdeOptions<K2, V2> & ErrorOption = {},
  ): KStream<K2, V2> {
    return this.#stream({
      kind: 'flat-map',
      mapper,
      key: options.key ?? null,
      value: options.value ?? null,
      ...this.#from(options),
    })
  }

  /**
   * Replaces each value by any number of values, in order, all with its key and timestamp.
   * @example const single = words.flatMapValues((text) => text.split(' '))
   * // words <- ['ann', 'to be']; single -> ['ann', 'to'], ['ann', 'be']
   */
  flatMapValues<R>(
    mapper: FlatValueMapper<K, V, R>,
    options: FunctionOptions & ValueSerdeOption<R> = {},
  ): KStream<K, R> {
    return this.#stream({ kind: 'flat-map-values', mapper, value: options.value ?? null, ...this.#from(options) })
  }

  /**
   * Replaces the key; the value stays as it is.
   * @key May repartition, as `map`.
   * @nulls As on any stream; the new key may be null too, and what groups or joins then drops the record.
   * @example const byShop = payments.selectKey((payment) => payment.shop)
   * // payments <- ['card-1', { shop: 'cafe', amount: 5 }]; byShop -> ['cafe', { shop: 'cafe', amount: 5 }]
   */
  selectKey<K2>(mapper: ValueMapper<K, V, K2>, options: FunctionOptions & KeySerdeOption<K2> = {}): KStream<K2, V> {
    return this.#stream({ kind: 'select-key', mapper, key: options.key ?? null, ...this.#from(options) })
  }

  /**
   * Calls `action` and passes the record on. It runs again when a record is processed again after a failure.
   * @example const names = new Set<string>()
   * const seen = words.peek((word, name) => names.add(name))
   * // words <- ['ann', 'hi']; seen -> ['ann', 'hi']
   */
  peek(action: ForeachAction<K, V>, options: FunctionOptions = {}): KStream<K, V> {
    return this.#stream({ kind: 'peek', action, ...this.#from(options) })
  }

  /**
   * Calls `action`; the end of this branch. It runs again when a record is processed again after a failure.
   * @example words.foreach((word, name) => console.log(name, word))
   */
  foreach(action: ForeachAction<K, V>, options: FunctionOptions = {}): void {
    this.#dsl.graph.append({ kind: 'foreach', action, ...this.#from(options) })
  }

  /**
   * All records of both streams; no order between them is promised.
   * @key Keeps keys. Repartitions later if either side would; what needs the key next needs equal partition counts of both.
   * @example const changes = amounts.merge(refunds.mapValues((amount) => -amount))
   * // amounts <- ['ann', 50]; refunds <- ['ann', 20]; changes -> ['ann', 50], ['ann', -20]
   */
  merge<K2, V2>(other: KStream<K2, V2> & SameKey<K, K2, 'merge'>, options: NodeOptions = {}): KStream<K, V | V2> {
    return this.#stream({
      kind: 'merge',
      name: options.name ?? null,
      inputs: [this.node, (other as KStream<K2, V2>).node],
    })
  }

  /**
   * Sends each record to the first branch whose `when` holds; a branch without `when` takes the rest. A record that no
   * branch takes is left out. Returns the branches by name.
   * @example const { large, rest } = amounts.split([{ name: 'large', when: (amount) => amount > 100 }, { name: 'rest' }])
   * // amounts <- ['ann', 50], ['bob', 200]; large -> ['bob', 200]; rest -> ['ann', 50]
   */
  split<const B extends readonly Branch<K, V>[]>(
    branches: B,
    options: FunctionOptions = {},
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
   * `within` before or after that of one that was let through. Counted as `duplicate`.
   *
   * Delivery: it takes out what producers and at-least-once steps before it wrote twice to a topic. It does not make the app
   * exactly-once: after a crash a record that is read again passes again, or a repeat of it does, rather than the id be lost, so what
   * follows may see it twice (with `late: 'drop'` it can be lost where what is read again spans more than `within`). A record that a step below fails on
   * and the handler leaves out counts as let through.
   * @key Keeps key, value, timestamp and headers. Repartitions if the key changed before, for ids are looked for within their
   * key: under two keys they are two ids.
   * @nulls A null key is dropped and counted; a record whose id is null (or undefined) always passes; null values reach `id`.
   * @time By arrival: of two records out of order the one that comes first is let through. Stream time is the largest event time
   * let through, of all keys of the partition. An id is forgotten when that is 2 * `within` past it. A record more than `within` behind
   * stream time may repeat what is forgotten: it passes, for dropping it could lose the only one; with `late: 'drop'` it is
   * dropped and counted (`late`). The state has a changelog and survives a restart.
   * @throws Nothing; what `id` throws goes to its `onError`, else to the `process` handler.
   * @example const once = payments.dedupe({ id: ({ shop }) => shop, within: '1h' })
   * // payments <- ['card-1', { shop: 'cafe', amount: 5 }, '1s'], ['card-1', { shop: 'cafe', amount: 5 }, '2s']; once -> ['card-1', { shop: 'cafe', amount: 5 }, '1s']
   */
  dedupe(options: DedupeOptions<K, V, DedupeId>): KStream<K, V>
  dedupe<I>(options: DedupeOptions<K, V, I> & { readonly idSerde: Serde<I> }): KStream<K, V>
  dedupe(options: DedupeOptions<K, V, any>): KStream<K, V> {
    return appendDedupe(this.#dsl, this.node, options)
  }

  /**
   * Sends the stream through the topic `<app>-<name>-repartition`. Grouping and joins do that by
   * themselves where they must; this sets the name, the partition count or the partitioner.
   * @key Keeps the key; partitions by it, or by `partitioner`.
   * @nulls Null keys are dropped and counted, unless a left or outer join follows (KIP-962). Null values pass.
   * @throws `MILLRACE_PARTITIONS_MISMATCH` at start when `partitions` does not fit what it is joined with.
   * @example const spread = payments.selectKey(({ shop }) => shop).repartition({ name: 'by-shop', key: string(), partitions: 12 })
   * // payments <- ['card-1', { shop: 'cafe', amount: 5 }]; spread -> ['cafe', { shop: 'cafe', amount: 5 }]
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
   * The latest value of each key, as a table.
   * @key Keeps the key. Repartitions if the key changed before.
   * @nulls Null values delete. Null keys are dropped and counted.
   * @time Records are applied in the order of arrival, also when their timestamps go back, unless the table is `versioned`.
   * @example const latest = amounts.toTable({ store: 'latest' })
   * // amounts <- ['ann', 5, '9s'], ['ann', 7, '1s'], ['ann', null, '2s']
   * // latest -> ['ann', 5, '9s'], ['ann', 7, '1s'], ['ann', null, '2s']
   */
  toTable(options: ToTableOptions<K, V> = {}): KTable<NonNullable<K>, NonNullable<V>> {
    return this.#dsl.table({
      kind: 'to-table',
      key: options.key ?? null,
      value: options.value ?? null,
      store: options.store ?? null,
      ...readTableOptions(this.#dsl, options),
      ...this.#from(options),
    })
  }

  /**
   * Groups by the key as it is, for an aggregate.
   * @key Keeps the key. Repartitions if the key changed before.
   * @nulls The aggregate that follows drops null keys, and says what it does with null values.
   * @example const counts = words.groupByKey().count()
   * // words <- ['ann', 'a'], ['bob', 'b'], ['ann', 'c']; counts -> ['ann', 1], ['bob', 1], ['ann', 2]
   */
  groupByKey(options: GroupByKeyOptions<K, V> = {}): KGroupedStream<NonNullable<K>, V> {
    const { name = null, key = null, value = null } = options
    return new KGroupedStream(this.#dsl, { node: this.node, name, key, value })
  }

  /**
   * Groups by a new key, for an aggregate.
   * @key Always repartitions, by the new key.
   * @nulls Null keys and values reach `selector`. Records for which it gives null are dropped and counted.
   * @example const perShop = payments.groupBy((payment) => payment.shop, { key: string() }).count()
   * // payments <- ['card-1', { shop: 'cafe', amount: 5 }], ['card-2', { shop: 'cafe', amount: 7 }]
   * // perShop -> ['cafe', 1], ['cafe', 2]
   */
  groupBy<K2>(selector: ValueMapper<K, V, K2>, options: GroupByOptions<K2, V>): KGroupedStream<NonNullable<K2>, V> {
    const { key, onError } = options
    const rekeyed = this.selectKey(selector, { key, ...(onError !== undefined && { onError }) })
    return new KGroupedStream(this.#dsl, {
      node: rekeyed.node,
      name: options.name ?? null,
      key,
      value: options.value ?? null,
    })
  }

  /**
   * Inner join. With a stream: every pair of records with equal keys whose event times are no further apart than `within`.
   * With a table: each record of the stream with the table's value at that moment (processing time) or, if the table is
   * versioned, at the record's time, which `grace` lets late updates reach first; updates of the table alone give no result.
   * @key Keeps the key. Both sides must have equal partition counts; a side whose key changed is repartitioned.
   * @nulls Null keys and null values are dropped and counted.
   * @time With a stream: the larger timestamp; late records join while the other side is kept (`within` and `grace`).
   * With a table: the stream record's.
   * @throws `MILLRACE_PARTITIONS_MISMATCH` at start when counts differ. What `joiner` throws goes to its `onError`, else to the `process` handler.
   * @example const kept = amounts.join(refunds, (paid, back) => paid - back, { within: '1m', grace: 0 })
   * const checked = amounts.join(limits, (amount, limit) => amount <= limit)
   * // limits <- ['ann', 100]; amounts <- ['ann', 50, '30s'], ['bob', 60, '30s']
   * // refunds <- ['ann', 20, '50s'], ['bob', 60, '91s']; kept -> ['ann', 30, '50s']
   * // checked -> ['ann', true, '30s']
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
    return this.#join('inner', other as KTable<K, any> | KStream<K, any>, joiner, options)
  }

  /**
   * Left join: as `join`, and a record of this stream that finds nothing gives a result with null on the right.
   * @key As `join`.
   * @nulls A null key gives an unmatched result at once (KIP-962), also where other records wait for a versioned table's `grace`.
   * Null values are dropped and counted.
   * @time As `join`. With a stream the unmatched result comes when the window and its grace have passed in event time; a late record
   * inside grace gives it at once, even if a match follows (as in Kafka Streams, ADR 0004).
   * @throws As `join`.
   * @example const checked = amounts.leftJoin(limits, (amount, limit) => amount <= (limit ?? 0))
   * // amounts <- ['ann', 50]; checked -> ['ann', false]
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
    return this.#join('left', other as KTable<K, any> | KStream<K, any>, joiner, options)
  }

  /**
   * Outer join of two streams: as `leftJoin`, for both sides.
   * @key As `join`.
   * @nulls As `leftJoin`, for both sides.
   * @time As `leftJoin`, for both sides.
   * @throws As `join`.
   * @example const net = amounts.outerJoin(refunds, (paid, back) => (paid ?? 0) - (back ?? 0), { within: '1m', grace: 0 })
   * // refunds <- ['ann', 20]; amounts <- ['bob', 5, '2m'], ['bob', 6, '2m']; net -> ['ann', -20]
   */
  outerJoin<K2, VR, R>(
    other: KStream<K2, VR> & SameKey<K, K2, 'outerJoin'>,
    joiner: ValueJoiner<K, NonNullable<V> | null, NonNullable<VR> | null, R>,
    options: StreamJoinOptions<K, V, VR>,
  ): KStream<K, R> {
    return this.#join('outer', other as KStream<K2, VR>, joiner, options)
  }

  /**
   * As `map`, with a function that may take its time: a request to another service, a look-up. Up to `concurrency` calls of a
   * task are under way while other records are taken; at four times as many records the task takes no more, and fetching pauses.
   * A call that fails, or has no answer within `timeout`, is made again as `retries` says.
   *
   * Delivery: at least once, and so for the call itself. Offsets are committed only up to the first record that is not done, so after a
   * crash or a rebalance all calls from there on are made again, also those that had an answer: what they do elsewhere must bear to
   * be done twice. A task that moves or stops first waits for its calls, half as long as `rebalanceTimeoutMs` and
   * `shutdownTimeoutMs` allow; then it aborts the rest through `signal`. Below an operator with a store, a commit
   * waits until nothing is in flight (ADR 0012). Never change what the function is given, nor a variable that other operators read.
   * @param options.order `key`: calls of one key one after the other, results of other keys may overtake. `partition`: results come out
   * as the records came in. `none`: as calls finish.
   * @key May repartition, as `map`. The order by key is that of the keys that go in.
   * @time As `map`. Except with order `partition`, a result that is overtaken reaches what follows out of order, and counts as late there
   * if no grace covers it. `timeout` and `retries` go by the wall clock.
   * @throws What the last attempt throws, rejects with, or its time-out, goes to the `process` handler, with the record's place.
   * @example const placed = payments.mapAsync(async ({ shop, amount }) => ({ key: shop, value: await Promise.resolve(amount) }), { concurrency: 8, timeout: '2s', retries: { attempts: 3 } })
   * // payments <- ['card-1', { shop: 'cafe', amount: 5 }, '1s']; placed -> ['cafe', 5, '1s']
   */
  mapAsync<K2, V2>(
    mapper: AsyncKeyValueMapper<K, V, K2, V2>,
    options: MapAsyncOptions & KeyValueSerdeOptions<K2, V2> = {},
  ): KStream<K2, V2> {
    return appendMapAsync(this.#dsl, this.node, mapper, options)
  }

  /**
   * As `mapAsync`, and the key stays as it is.
   * @time As `mapAsync`.
   * @throws As `mapAsync`.
   * @example const lengths = words.mapValuesAsync(async (word) => (await Promise.resolve(word)).length, { order: 'partition' })
   * // words <- ['ann', 'three'], ['bob', 'hi']; lengths -> ['ann', 5], ['bob', 2]
   */
  mapValuesAsync<R>(
    mapper: AsyncValueMapper<K, V, R>,
    options: MapAsyncOptions & ValueSerdeOption<R> = {},
  ): KStream<K, R> {
    return appendMapValuesAsync(this.#dsl, this.node, mapper, options)
  }

  /**
   * Replaces the values of many records in one call: for models, and for services that answer for many at once. The function gets up to
   * `maxRecords` records, and gives as many values, in their order, or a promise of them. A batch goes when it is full, or
   * when the task has no other record at hand, or after `maxWait`. One more batch than `concurrency` says is gathered; then the
   * task takes no more, and fetching pauses.
   *
   * Delivery: as `mapAsync`, for all records of a batch. Which records share a batch is never promised, and differs when they are read again.
   * @nulls As on any stream: null values are records of the batch.
   * @time A result has the timestamp and headers of its record, and comes out in the order of the records. `maxWait`, `timeout` and
   * `retries` go by the wall clock.
   * @throws When the last attempt fails, or gives another number of results, each record of the batch goes to the `process` handler.
   * @example const scored = amounts.mapBatch((records) => records.map(({ value }) => value / 10), { maxRecords: 100 })
   * // amounts <- ['ann', 50], ['bob', 20]; scored -> ['ann', 5], ['bob', 2]
   */
  mapBatch<R>(mapper: BatchMapper<K, V, R>, options: MapBatchOptions<R>): KStream<K, R> {
    return appendMapBatch(this.#dsl, this.node, mapper, options)
  }

  /**
   * Hands each record to a processor of yours, one for each task, with stores, punctuations by event time and wall clock, and the
   * record's origin (Kafka Streams: process, KIP-820). It forwards any number of records, at any time. Its stores have
   * changelogs and survive a restart; what it keeps outside of them does not.
   * @param supplier must give a new object each time
   * @param options.stores what `context.store` can reach; declare them with `keyValueStore`, `windowStore`, `sessionStore`
   * @key May repartition, as `map`: it may forward any key.
   * @time Late records reach it like any others; what it forwards has the timestamp and headers that it says.
   * @throws What `process` throws goes to its `onError`, else to the `process` handler; what `init` or a punctuation throws stops the app.
   * @example const times = keyValueStore('times', { key: string(), value: json<number>() })
   * const first = words.process(() => ({
   *   process(record, context) {
   *     const store = context.store(times)
   *     if (store.get(record.key) !== null) return
   *     store.put(record.key, record.timestamp)
   *     context.forward(record)
   *   },
   * }), { stores: [times] })
   * // words <- ['ann', 'hi', '1s'], ['ann', 'ho', '2s']; first -> ['ann', 'hi', '1s']
   */
  process<K2 = K, V2 = V>(
    supplier: ProcessorSupplier<K, V, K2, V2>,
    options: ProcessOptions & KeyValueSerdeOptions<K2, V2> & ErrorOption = {},
  ): KStream<K2, V2> {
    return appendProcess(this.#dsl, this.node, { supplier, valuesOnly: false }, options)
  }

  /**
   * As `process`, and the key stays as it is.
   * @time As `process`.
   * @throws As `process`. Forwarding another key, or from a punctuation, where there is no record whose key it could be, throws a
   * TopologyError that stops the app.
   * @example const stamped = words.processValues<string>(() => ({
   *   process: (record, context) => context.forward({ ...record, value: `${record.value} at ${record.timestamp}` }),
   * }))
   * // words <- ['ann', 'hi', '1s']; stamped -> ['ann', 'hi at 1000', '1s']
   */
  processValues<V2 = V>(
    supplier: ProcessorSupplier<K, V, K, V2>,
    options: ProcessOptions & FunctionOptions & ValueSerdeOption<V2> = {},
  ): KStream<K, V2> {
    return appendProcess(this.#dsl, this.node, { supplier, valuesOnly: true }, options)
  }

  /**
   * Inner join with a global table: each record with the entry whose key `keySelector` finds in it, as it is at that moment.
   * Updates of the table alone give no result.
   * @key Both stay as they are; never repartitions, whatever the partition counts.
   * @nulls A record whose value is null, or for which `keySelector` gives null, is dropped and counted. A null key is like any other.
   * @example const placed = payments.joinGlobal(cities, (payment) => payment.shop, ({ amount }, city) => ({ amount, city }))
   * // cities <- ['cafe', 'Oslo']
   * // payments <- ['card-1', { shop: 'cafe', amount: 5 }], ['card-1', { shop: 'kiosk', amount: 7 }]
   * // placed -> ['card-1', { amount: 5, city: 'Oslo' }]
   */
  joinGlobal<GK, GV, R>(
    table: GlobalTable<GK, GV>,
    keySelector: ValueMapper<K, NonNullable<V>, NoInfer<GK> | null | undefined>,
    joiner: ValueJoiner<K, NonNullable<V>, GV, R>,
    options: FunctionOptions = {},
  ): KStream<K, R> {
    return appendGlobalJoin(this.#dsl, { type: 'inner', inputs: [this.node, table.node], joiner }, keySelector, options)
  }

  /**
   * Left join with a global table: as `joinGlobal`, with null on the right for a record that finds nothing.
   * @key As `joinGlobal`.
   * @nulls As `joinGlobal`, and a record for which `keySelector` gives null has a result too.
   * @example const placed = payments.leftJoinGlobal(cities, (payment) => payment.shop, ({ amount }, city) => ({ amount, city }))
   * // payments <- ['card-1', { shop: 'kiosk', amount: 7 }]; placed -> ['card-1', { amount: 7, city: null }]
   */
  leftJoinGlobal<GK, GV, R>(
    table: GlobalTable<GK, GV>,
    keySelector: ValueMapper<K, NonNullable<V>, NoInfer<GK> | null | undefined>,
    joiner: ValueJoiner<K, NonNullable<V>, GV | null, R>,
    options: FunctionOptions = {},
  ): KStream<K, R> {
    return appendGlobalJoin(this.#dsl, { type: 'left', inputs: [this.node, table.node], joiner }, keySelector, options)
  }

  /**
   * Writes the stream to a topic that exists: `topic`, or the one that a function names for each record.
   * @key Keeps the key; partitions by it (murmur2, as Kafka's own producers), or by `partitioner`.
   * @nulls Null keys go to any partition; null values are written as tombstones.
   * @throws What cannot be written goes to the `produce` handler; what a function throws goes to `process`.
   * @example words.to((word) => (word.length > 3 ? 'long-words' : 'short-words'), { key: string(), value: string() })
   * // words <- ['ann', 'to'], ['ann', 'three']; long-words -> ['ann', 'three']; short-words -> ['ann', 'to']
   */
  to(topic: string | TopicSelector<K, V>, options: SinkOptions<K, V>): void {
    const { key, value, partitioner = null } = options
    this.#dsl.graph.append({ kind: 'sink', topic, key, value, partitioner, ...this.#from(options) })
  }

  #join(
    type: 'inner' | 'left' | 'outer',
    other: KTable<any, any> | KStream<any, any>,
    joiner: ValueJoiner,
    options: object,
  ): KStream<K, any> {
    const inputs = [this.node, other.node]
    if (other instanceof KTable) {
      const joined = { type: type as 'inner' | 'left', inputs, joiner }
      return appendStreamTableJoin(this.#dsl, joined, options as StreamTableJoinOptions<any, any>)
    }
    return appendStreamJoin(this.#dsl, { type, inputs, joiner }, options as StreamJoinOptions<any, any, any>)
  }

  #stream<K2, V2>(node: Parameters<DslContext['stream']>[0]): KStream<K2, V2> {
    return this.#dsl.stream(node)
  }

  #from(options: FunctionOptions): Pick<NodeBase, 'name' | 'inputs' | 'onError'> {
    return { name: options.name ?? null, inputs: [this.node], ...readOnError(this.#dsl, options) }
  }
}

/** The record type of a stream, for users' helper functions. */
export type RecordOf<S> = S extends KStream<infer K, infer V> ? StreamRecord<K, V> : never
