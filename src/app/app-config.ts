import type { SaslConfig, TlsConfig } from '../client/security-config.ts'
import type { Duration } from '../core/duration.ts'
import type { ProcessingError, ProductionError, SerializationError } from '../core/errors.ts'
import type { ErrorAnswer, FailedRecord } from '../runtime/error-handlers.ts'
import type { OutOfRangePolicy } from '../runtime/port.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'

/** A Confluent-compatible schema registry. */
export interface SchemaRegistryConfig {
  readonly url: string
  readonly username?: string
  readonly password?: string
}

/** An answer for every failure, or a function that decides each time; it must be synchronous. */
export type ErrorPolicy<E> = ErrorAnswer | ((error: E, record: FailedRecord) => ErrorAnswer)
/** As `ErrorPolicy`; the input record is null where it is not known any more. */
export type ProduceErrorPolicy<E> = ErrorAnswer | ((error: E, record: FailedRecord | null) => ErrorAnswer)

/** What to do with records that fail, by what failed. */
export interface ErrorsConfig {
  /** Key, value or timestamp of an input record could not be read. Default `fail`. */
  readonly decode?: ErrorPolicy<SerializationError>
  /** A function of the topology threw. Default `fail`. */
  readonly process?: ErrorPolicy<ProcessingError>
  /** A result could not be written. Default `fail`. */
  readonly produce?: ProduceErrorPolicy<ProductionError | SerializationError>
}

/**
 * What an app can be told; everything has a default. Durations are milliseconds or texts such as `'5s'`. The reference
 * (docs/reference/config.md) has ranges, defaults and the Kafka setting that each corresponds to.
 *
 * Mistakes come all at once as a ConfigError: unknown keys, values out of range, pairs that contradict.
 */
export interface AppConfig {
  /** Names the consumer group, and is the prefix of internal topics. Default: the topology's name. */
  readonly applicationId?: string
  /** `host:port` of some brokers of the cluster, as a list or comma-separated. */
  readonly brokers?: string | readonly string[]
  /** How the app calls itself to the brokers. Default: the application id. */
  readonly clientId?: string
  /** What carries the records: our own client (the default), or the same on KafkaJS's connections. */
  readonly client?: 'millrace' | 'kafkajs'
  readonly ssl?: boolean | TlsConfig
  readonly sasl?: SaslConfig
  /** Needed by serdes that register schemas (Avro). */
  readonly schemaRegistry?: SchemaRegistryConfig | SchemaRegistry
  /**
   * `host:port` where this instance answers queries over HTTP, for people and for the other instances. Everybody who can connect can read:
   * keep it to a private network.
   */
  readonly applicationServer?: string
  /** How long a query waits for another instance. */
  readonly queryTimeoutMs?: Duration
  /** Longest time between two commits. Shorter: less to repeat after a crash. */
  readonly commitIntervalMs?: Duration
  /** Commit early when so many store entries have changed. */
  readonly changedEntriesMax?: number
  /** How long a task waits for an input that has no data before it goes on with the others. 0: only for data that the broker holds. */
  readonly maxTaskIdleMs?: Duration
  /**
   * Once a task has been without input for so long, its stream time follows the wall clock: windows close and unmatched records come
   * out. Default: never (ADR 0017 says what it costs).
   */
  readonly idleAfterMs?: Duration
  /** Fetched records that may wait per partition; above it the partition is paused, below half it is resumed. */
  readonly bufferedRecordsPerPartitionMax?: number
  /** Records processed before new ones are fetched and a commit is considered. */
  readonly maxRecordsPerTurn?: number
  /** Bytes asked for in one fetch. */
  readonly fetchMaxBytes?: number
  /** Bytes that are fetched and wait to be taken in; above it only partitions of which nothing waits are fetched. */
  readonly fetchBufferBytesMax?: number
  /** Where to start on a partition without a committed offset. */
  readonly offsetReset?: 'earliest' | 'latest' | 'none'
  /** When the position is outside the log. `auto`: an error for tasks with state, `offsetReset` for the others. */
  readonly outOfRange?: 'auto' | OutOfRangePolicy
  /** Of internal topics that the app creates; -1: the broker's default. */
  readonly replicationFactor?: number
  readonly compression?: 'none' | 'gzip' | 'lz4'
  /** How long a record may wait for others to share its batch. */
  readonly lingerMs?: Duration
  readonly batchBytes?: number
  /** Bytes that are not acknowledged; above it processing waits. */
  readonly producerBufferBytesMax?: number
  /** After this time a record that is not acknowledged has failed. */
  readonly deliveryTimeoutMs?: Duration
  /** The group takes the app for dead after so long without a heartbeat. */
  readonly sessionTimeoutMs?: Duration
  /** Makes the instance a static member of the group: a restart within `sessionTimeoutMs` moves no task. Every instance its own. */
  readonly groupInstanceId?: string
  readonly heartbeatIntervalMs?: Duration
  /** How long the group waits for the app to hand over its partitions. */
  readonly rebalanceTimeoutMs?: Duration
  /** For one request to a broker, and for finding one at start. */
  readonly requestTimeoutMs?: Duration
  /** `stop()` ends within this time, and says what it left. */
  readonly shutdownTimeoutMs?: Duration
  /** Records of repartition topics that were processed are deleted this often. */
  readonly repartitionPurgeIntervalMs?: Duration
  /** Where records go for which an error policy answers `dead-letter`; created if it is missing. */
  readonly deadLetterTopic?: string
  readonly errors?: ErrorsConfig
  /** Fingerprint of the one topology that may run on state which an incompatible one wrote; the error that refuses it says which. */
  readonly acceptTopology?: string
}
