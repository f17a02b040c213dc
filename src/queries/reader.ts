import type { ValueAndTimestamp } from '../core/value-and-timestamp.ts'
import type { Window, Windowed } from '../core/windowed.ts'
import type { Queryable } from '../topology/queryables.ts'
import type { Placement } from './local-queries.ts'

/** One entry of a table, a copy: the store does not notice what becomes of it. */
export interface StoreEntry<K, V> {
  readonly key: K
  readonly value: V
  /** Event time of the record that made the value, in milliseconds since the epoch. */
  readonly timestamp: number
}

/** The value of a key in one window or session, a copy. */
export interface WindowEntry<K, V> extends StoreEntry<K, V> {
  readonly window: Window
}

/** How much of a result, and from which end. */
export interface ResultOptions {
  /** Entries at most, 1 to 10,000. Default: all, and an error when that are more than 10,000. */
  readonly limit?: number
  /** `descending`: from the last entry back. Default `ascending`. */
  readonly order?: 'ascending' | 'descending'
}

/** Which version, and where to look for it. */
export interface GetOptions {
  /** Of a versioned table: the version that held at this time, in milliseconds since the epoch. */
  readonly asOf?: number
  /** The partition to look in, where it is not the one that Kafka's partitioner gives the key. */
  readonly partition?: number
}

/** Keys in the order of their serialized bytes, both bounds inclusive; left out: no bound. */
export interface RangeOptions<K> extends ResultOptions {
  readonly from?: K
  readonly to?: K
}

/** Milliseconds since the epoch, both inclusive; left out: no bound. Windows that start in between, sessions that overlap it. */
export interface TimeRangeOptions extends ResultOptions {
  readonly from?: number
  readonly to?: number
}

/**
 * Reads a table, or a store of a processor, wherever its partitions are. A table's entry is looked for in the partition of its key;
 * where that cannot be told (stores of processors, partitioners of your own) in all of them, and the lowest number that has it wins.
 *
 * Answers are what the tasks hold at that moment, committed or not; entries of several instances are of slightly different moments.
 *
 * @throws QueryError `MILLRACE_STORE_NOT_READY`, `MILLRACE_STORE_ELSEWHERE`, `MILLRACE_STORE_KIND`, `MILLRACE_QUERY_INVALID`,
 *   `MILLRACE_QUERY_FAILED`
 */
export interface KeyValueReader<K, V> {
  /** The value of `key` and its event time; null when there is none. */
  get(key: K, options?: GetOptions): Promise<ValueAndTimestamp<V> | null>
  /** Entries in the order of their serialized keys' unsigned bytes, as in Kafka Streams: neither numbers nor JSON sort naturally. */
  range(options?: RangeOptions<K>): Promise<readonly StoreEntry<K, V>[]>
  /** The same for results of any size: read piece by piece, nothing is held in between. An entry that moves meanwhile may be missed. */
  scan(options?: Omit<RangeOptions<K>, 'limit'>): AsyncIterable<StoreEntry<K, V>>
  /** Entries of all partitions, without reading them. */
  approximateCount(): Promise<number>
  /** Which partition holds `key`, and which instance that; null when that cannot be told by the key. */
  where(key: K): Placement | null
  /** The same of this instance's tasks alone, at once and without waiting. */
  readonly local: LocalKeyValueReader<K, V>
}

/** Reads what this instance's own tasks hold (Kafka Streams: ReadOnlyKeyValueStore). Calls in a row, with no await in between, see one state. */
export interface LocalKeyValueReader<K, V> {
  /** The value of `key` and its event time; null when there is none. @throws QueryError `MILLRACE_STORE_ELSEWHERE` */
  get(key: K, options?: GetOptions): ValueAndTimestamp<V> | null
  /** Entries of the partitions that are here, in the order of their keys' bytes. */
  range(options?: RangeOptions<K>): readonly StoreEntry<K, V>[]
  /** Entries of the partitions that are here. */
  approximateCount(): number
}

/**
 * Reads a windowed table, or a window or session store of a processor, wherever its partitions are; otherwise as `KeyValueReader`.
 * What the store's retention has passed is gone.
 */
export interface WindowedReader<K, V> {
  /** The value of exactly this window; null when there is none. */
  get(key: Windowed<K>, options?: Pick<GetOptions, 'partition'>): Promise<ValueAndTimestamp<V> | null>
  /** Windows of `key`, ascending by start (sessions: by end). */
  fetch(key: K, options?: TimeRangeOptions & Pick<GetOptions, 'partition'>): Promise<readonly WindowEntry<K, V>[]>
  /** Windows of all keys, ascending by start (sessions: by end), then by the keys' bytes. */
  fetchAll(options?: TimeRangeOptions): Promise<readonly WindowEntry<K, V>[]>
  /** Windows of all partitions, without reading them. */
  approximateCount(): Promise<number>
  /** Which partition holds the windows of `key`, and which instance that; null when that cannot be told by the key. */
  where(key: K): Placement | null
  /** The same of this instance's tasks alone, at once and without waiting. */
  readonly local: LocalWindowedReader<K, V>
}

/** Reads the windows that this instance's own tasks hold (Kafka Streams: ReadOnlyWindowStore, ReadOnlySessionStore). */
export interface LocalWindowedReader<K, V> {
  /** The value of exactly this window; null when there is none. @throws QueryError `MILLRACE_STORE_ELSEWHERE` */
  get(key: Windowed<K>, options?: Pick<GetOptions, 'partition'>): ValueAndTimestamp<V> | null
  /** Windows of `key`, ascending by start (sessions: by end). @throws QueryError `MILLRACE_STORE_ELSEWHERE` */
  fetch(key: K, options?: TimeRangeOptions & Pick<GetOptions, 'partition'>): readonly WindowEntry<K, V>[]
  /** Windows of all keys in the partitions that are here. */
  fetchAll(options?: TimeRangeOptions): readonly WindowEntry<K, V>[]
  /** Windows in the partitions that are here. */
  approximateCount(): number
}

/** By what the entries of a queryable are found: its key, of windows without the window. */
export type QueryKeyOf<Q> =
  Q extends Queryable<infer K, unknown> ? ([K] extends [Windowed<infer Inner>] ? Inner : K) : never

/** The reader for what a topology returned under a name, or for a declared store. */
export type ReaderOf<Q> =
  Q extends Queryable<infer K, infer V>
    ? [K] extends [Windowed<infer Inner>]
      ? WindowedReader<Inner, NonNullable<V>>
      : KeyValueReader<K, NonNullable<V>>
    : never
