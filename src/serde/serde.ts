import type { SchemaRegistry } from './schema-registry.ts'

/** Which half of a record a serde works on. */
export type RecordPart = 'key' | 'value'

/** Where a serde is used and what it may use there. */
export interface SerdeEnvironment {
  readonly topic: string
  readonly part: RecordPart
  /** Absent when the app has no registry configured; a serde that needs one says so in a `ConfigError`. */
  readonly registry: SchemaRegistry | undefined
}

/**
 * Bytes to values and back, for one type. Synchronous: `deserialize` and `serialize` stand on the record path.
 *
 * Null never reaches a serde: a null key or value is null on the wire and null in the topology.
 */
export interface Serde<T> {
  /** Short name for plans and messages, for example `string` or `avro(Transaction)`. */
  readonly name: string
  /** The bytes of a value. @throws any error; the caller adds topic, partition and offset */
  serialize(value: T): Uint8Array
  /** Must not keep or change `bytes`: they are a view on a shared buffer. */
  deserialize(bytes: Uint8Array): T
  /**
   * True when equal values are equal by `===` (strings, numbers, bigints): stores then use the value itself as map key.
   * Otherwise keys are compared by their serialized bytes.
   */
  readonly primitiveKey?: boolean
  /**
   * For a serde that needs I/O before it can run (registering a schema): its ready form for this place. Called once per
   * topic and part before any record; a serde without it is ready as it is.
   */
  bind?(environment: SerdeEnvironment): Serde<T> | Promise<Serde<T>>
  /**
   * For a serde that meets unknown schema ids: a promise when `deserialize(bytes)` would need I/O first (await it, then
   * decode), undefined when it is ready. Must be cheap: called for each record that is fetched.
   */
  prime?(bytes: Uint8Array): Promise<void> | undefined
}

/** The value type of a serde: `ValueOf<typeof mySerde>`. */
export type ValueOf<S> = S extends Serde<infer T> ? T : never
