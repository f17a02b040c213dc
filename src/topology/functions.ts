import type { Headers } from '../core/stream-record.ts'

/*
 * The functions that users write. The value comes first, the key second, as in JavaScript's own callbacks.
 * All must be synchronous and must neither change nor keep what they are given (docs/ARCHITECTURE.md, law 3).
 */
/** Says yes or no to a record. */
export type Predicate<K = any, V = any> = (value: V, key: K) => boolean
/** Makes something of a record: a new value, or a new key where the method says so. */
export type ValueMapper<K = any, V = any, R = any> = (value: V, key: K) => R
/** A record without its time: what functions return that make both key and value. */
export type KeyValue<K, V> = { readonly key: K; readonly value: V }
/** Makes a new key and a new value of a record. */
export type KeyValueMapper<K = any, V = any, K2 = any, V2 = any> = (value: V, key: K) => KeyValue<K2, V2>
/** Makes any number of keys and values of a record, in order. */
export type FlatMapper<K = any, V = any, K2 = any, V2 = any> = (value: V, key: K) => Iterable<KeyValue<K2, V2>>
/** Makes any number of values of a record; they keep its key. */
export type FlatValueMapper<K = any, V = any, R = any> = (value: V, key: K) => Iterable<R>
/** Looks at a record. It runs again for records that are processed again after a crash. */
export type ForeachAction<K = any, V = any> = (value: V, key: K) => void
/** The aggregate of no records; called for each new key or window. */
export type Initializer<A = any> = () => A
/** The new aggregate; null deletes it and sends a tombstone. */
export type Aggregator<K = any, V = any, A = any> = (aggregate: A, value: V, key: K) => A | null
/** Two values made one; null deletes the key and sends a tombstone. */
export type Reducer<V = any> = (aggregate: V, value: V) => V | null
/** The aggregate of two sessions that became one; `left` is the older. */
export type SessionMerger<K = any, A = any> = (left: A, right: A, key: K) => A | null
/** What comes out of a join; a side without a match is null in left and outer joins. */
export type ValueJoiner<K = any, L = any, R = any, O = any> = (left: L, right: R, key: K) => O

/** What a timestamp extractor knows of a record beside its value. */
export interface ExtractedFrom<K = any> {
  readonly key: K
  /** The record's own timestamp, milliseconds since the epoch; -1 when the producer set none. */
  readonly timestamp: number
  /** The largest timestamp seen on this partition so far; -1 before the first record. */
  readonly partitionTime: number
  readonly headers: Headers
}
/** Event time in milliseconds since the epoch. A negative result is an error that the decode handler decides on. */
export type TimestampExtractor<K = any, V = any> = (value: V, record: ExtractedFrom<K>) => number
/** The topic to write a record to; it must exist. */
export type TopicSelector<K = any, V = any> = (value: V, key: K) => string
/** The partition to write a record to, `0 <= partition < partitionCount`. */
export type Partitioner<K = any, V = any> = (value: V, key: K, partitionCount: number) => number

/**
 * An aggregate that can take a value out again: what `over` needs to slide in constant time.
 * Law: `subtract(add(a, v), v)` equals `a`, whatever was added in between. `add` and
 * `subtract` may change and return their argument; what `result` returned must stay as it is when they do.
 */
export interface InvertibleAggregate<V = any, A = any, R = any> {
  /** The aggregate of an empty range. */
  init(): A
  /** The aggregate with a value more. */
  add(aggregate: A, value: V): A
  /** The aggregate without a value that was added before. */
  subtract(aggregate: A, value: V): A
  /** What the user sees of the aggregate. */
  result(aggregate: A): R
}
