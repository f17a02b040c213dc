/*
 * The one table of everything that can be configured. The checks, the defaults and docs/reference/config.md come from it;
 * a test holds the `AppConfig` interface against it.
 */

/** How a value is checked and turned into its resolved form. */
export type ConfigType =
  | { readonly type: 'text' }
  /** A name that may be part of a topic's name. */
  | { readonly type: 'name' }
  | { readonly type: 'addresses' }
  /** One address to listen at; port 0 is any free one. */
  | { readonly type: 'listen-address' }
  | { readonly type: 'choice'; readonly choices: readonly string[] }
  | {
      readonly type: 'integer'
      readonly min: number
      readonly max: number
      readonly unit: 'records' | 'entries' | 'bytes' | ''
    }
  | { readonly type: 'duration'; readonly min: number; readonly max: number }
  | { readonly type: 'tls' }
  | { readonly type: 'sasl' }
  | { readonly type: 'registry' }
  | { readonly type: 'policy' }

export type ConfigRow = ConfigType & {
  /** As users write it; a dot leads into a nested object. */
  readonly key: string
  /** Null: none, or derived as `doc` says. */
  readonly fallback: string | number | boolean | readonly string[] | null
  readonly importance: 'high' | 'medium' | 'low'
  readonly doc: string
  /** The setting of Kafka, or of Kafka Streams, that it corresponds to. */
  readonly kafka: string | null
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const mebibyte = 1_048_576

type RowDetails = Omit<ConfigRow, 'key'> & ConfigType

function row(key: string, details: RowDetails): ConfigRow {
  return Object.freeze({ key, ...details })
}

function duration(
  min: number,
  fallback: number,
  max: number,
): { type: 'duration'; min: number; fallback: number; max: number } {
  return { type: 'duration', min, fallback, max }
}

function count<U extends string>(
  unit: U,
  min: number,
  fallback: number,
  max: number,
): { type: 'integer'; unit: U; min: number; fallback: number; max: number } {
  return { type: 'integer', unit, min, fallback, max }
}

export const configTable: readonly ConfigRow[] = Object.freeze([
  row('applicationId', {
    type: 'name',
    fallback: null,
    importance: 'high',
    kafka: 'application.id',
    doc: "Names the consumer group, and is the prefix of internal topics. Default: the topology's name.",
  }),
  row('brokers', {
    type: 'addresses',
    fallback: ['localhost:9092'],
    importance: 'high',
    kafka: 'bootstrap.servers',
    doc: '`host:port` of some brokers of the cluster, as a list or comma-separated.',
  }),
  row('clientId', {
    type: 'text',
    fallback: null,
    importance: 'low',
    kafka: 'client.id',
    doc: 'How the app calls itself to the brokers. Default: the application id.',
  }),
  row('client', {
    type: 'choice',
    choices: ['millrace', 'kafkajs'],
    fallback: 'kafkajs',
    importance: 'low',
    kafka: null,
    doc: "What carries the records: our own client (`millrace`), or the same on KafkaJS's connections. ADR 0022 says where they differ.",
  }),
  row('ssl', {
    type: 'tls',
    fallback: false,
    importance: 'medium',
    kafka: 'security.protocol, ssl.*',
    doc: "`true` for TLS with the system's authorities, or an object with `ca`, `cert`, `key` as PEM text.",
  }),
  row('sasl', {
    type: 'sasl',
    fallback: null,
    importance: 'medium',
    kafka: 'sasl.mechanism, sasl.jaas.config',
    doc: '`mechanism` plain, scram-sha-256 or scram-sha-512 with `username` and `password`, or oauthbearer with `oauthBearerProvider`, a function that resolves with `{ value }`, the token.',
  }),
  row('schemaRegistry', {
    type: 'registry',
    fallback: null,
    importance: 'medium',
    kafka: 'schema.registry.url',
    doc: 'A Confluent-compatible registry: `url`, `username`, `password`; or an object that implements `SchemaRegistry`. Needed by serdes that register schemas.',
  }),
  row('applicationServer', {
    type: 'listen-address',
    fallback: null,
    importance: 'medium',
    kafka: 'application.server',
    doc: '`host:port` where this instance answers queries over HTTP, for people and for the other instances, which hear of it through the group. Everybody who can connect can read: keep it to a private network. Default: no server.',
  }),
  row('queryTimeoutMs', {
    ...duration(10, 5 * second, 10 * minute),
    importance: 'low',
    kafka: null,
    doc: 'How long a query waits for another instance.',
  }),
  row('commitIntervalMs', {
    ...duration(1, second, hour),
    importance: 'high',
    kafka: 'commit.interval.ms (Kafka Streams: 30000)',
    doc: 'Longest time between two commits. Shorter: less to repeat after a crash, more small writes.',
  }),
  row('changedEntriesMax', {
    ...count('entries', 1, 100_000, 10_000_000),
    importance: 'medium',
    kafka: null,
    doc: 'Commit early when so many store entries have changed: bounds what one commit writes to changelogs.',
  }),
  row('maxTaskIdleMs', {
    ...duration(0, 0, hour),
    importance: 'medium',
    kafka: 'max.task.idle.ms',
    doc: 'How long a task waits for an input that has no data before it goes on with the others. 0: it waits only for data that the broker is known to hold.',
  }),
  row('idleAfterMs', {
    type: 'duration',
    min: 100,
    max: 24 * hour,
    fallback: null,
    importance: 'medium',
    kafka: null,
    doc: 'Once a task has had no input for so long on any of its partitions, its stream time follows the wall clock: windows close, unmatched records and what is suppressed come out, ttls end. Records that come later and are late by then are dropped and counted. Longer than a restart of the app takes. Default: stream time moves by records alone, so results depend on the input only.',
  }),
  row('bufferedRecordsPerPartitionMax', {
    ...count('records', 1, 10_000, 1_000_000),
    importance: 'medium',
    kafka: 'buffered.records.per.partition',
    doc: 'Fetched records that may wait per partition; above it the partition is paused, below half it is resumed.',
  }),
  row('maxRecordsPerTurn', {
    ...count('records', 1, 2_000, 1_000_000),
    importance: 'low',
    kafka: 'max.poll.records',
    doc: 'Records processed before new ones are taken in, I/O gets its turn, and a commit is considered.',
  }),
  row('fetchMaxBytes', {
    ...count('bytes', 1_024, 10 * mebibyte, 1_024 * mebibyte),
    importance: 'low',
    kafka: 'fetch.max.bytes',
    doc: 'Bytes asked for in one fetch.',
  }),
  row('offsetReset', {
    type: 'choice',
    choices: ['earliest', 'latest', 'none'],
    fallback: 'earliest',
    importance: 'medium',
    kafka: 'auto.offset.reset',
    doc: 'Where to start on a partition without a committed offset; `none` makes it an error. A source may say otherwise.',
  }),
  row('outOfRange', {
    type: 'choice',
    choices: ['auto', 'error', 'earliest', 'latest'],
    fallback: 'auto',
    importance: 'medium',
    kafka: 'auto.offset.reset',
    doc: 'When the position is outside the log (retention was faster, a topic was made anew). `auto`: an error for tasks with state, whose results would silently be wrong; `offsetReset` for the others.',
  }),
  row('replicationFactor', {
    ...count('', -1, -1, 100),
    importance: 'medium',
    kafka: 'replication.factor',
    doc: "Of internal topics that the app creates; -1: the broker's default.",
  }),
  row('compression', {
    type: 'choice',
    choices: ['none', 'gzip', 'lz4'],
    fallback: 'lz4',
    importance: 'medium',
    kafka: 'compression.type',
    doc: 'Of everything that the app writes.',
  }),
  row('lingerMs', {
    ...duration(0, 20, minute),
    importance: 'medium',
    kafka: 'linger.ms',
    doc: 'How long a record may wait for others to share its batch.',
  }),
  row('batchBytes', {
    ...count('bytes', 1, 262_144, 64 * mebibyte),
    importance: 'low',
    kafka: 'batch.size',
    doc: "A partition's batch is sent when it holds this many bytes.",
  }),
  row('producerBufferBytesMax', {
    ...count('bytes', 1, 64 * mebibyte, 4_096 * mebibyte),
    importance: 'medium',
    kafka: 'buffer.memory',
    doc: 'Bytes that are sent but not acknowledged; above it processing waits.',
  }),
  row('deliveryTimeoutMs', {
    ...duration(1, 2 * minute, hour),
    importance: 'medium',
    kafka: 'delivery.timeout.ms',
    doc: 'After this time a record that is not acknowledged has failed, and the produce policy decides.',
  }),
  row('sessionTimeoutMs', {
    ...duration(100, 45 * second, 30 * minute),
    importance: 'high',
    kafka: 'session.timeout.ms',
    doc: 'The group takes the app for dead after so long without a heartbeat, and gives its tasks to others.',
  }),
  row('heartbeatIntervalMs', {
    ...duration(10, 3 * second, 10 * minute),
    importance: 'low',
    kafka: 'heartbeat.interval.ms',
    doc: 'How often the app tells the group that it is alive, and hears of rebalances.',
  }),
  row('rebalanceTimeoutMs', {
    ...duration(100, 5 * minute, hour),
    importance: 'low',
    kafka: 'max.poll.interval.ms',
    doc: 'How long the group waits for the app to commit and hand over its partitions.',
  }),
  row('requestTimeoutMs', {
    ...duration(10, 30 * second, 10 * minute),
    importance: 'medium',
    kafka: 'request.timeout.ms',
    doc: 'For one request to a broker, and for finding one at start.',
  }),
  row('shutdownTimeoutMs', {
    ...duration(10, 30 * second, hour),
    importance: 'medium',
    kafka: 'close(timeout)',
    doc: '`stop()` ends within this time; what it could not finish stands in the error.',
  }),
  row('repartitionPurgeIntervalMs', {
    ...duration(100, 30 * second, 24 * hour),
    importance: 'low',
    kafka: 'repartition.purge.interval.ms',
    doc: 'Records of repartition topics that were processed are deleted this often.',
  }),
  row('deadLetterTopic', {
    type: 'name',
    fallback: null,
    importance: 'medium',
    kafka: 'errors.dead.letter.queue.topic.name',
    doc: 'Where records go for which an error policy answers `dead-letter`, with the cause in their headers; created if it is missing.',
  }),
  row('acceptTopology', {
    type: 'text',
    fallback: null,
    importance: 'low',
    kafka: null,
    doc: 'Fingerprint of the one topology that may run on state which an incompatible one wrote; `millrace describe` and the error `MILLRACE_TOPOLOGY_INCOMPATIBLE` print it. Has no effect on any other topology.',
  }),
  row('errors.decode', {
    type: 'policy',
    fallback: 'fail',
    importance: 'medium',
    kafka: 'deserialization.exception.handler',
    doc: 'Key, value or timestamp of an input record could not be read: `fail`, `continue`, `dead-letter`, or a function that answers one of them.',
  }),
  row('errors.process', {
    type: 'policy',
    fallback: 'fail',
    importance: 'medium',
    kafka: 'processing.exception.handler',
    doc: 'A function of the topology threw; answers as above.',
  }),
  row('errors.produce', {
    type: 'policy',
    fallback: 'fail',
    importance: 'medium',
    kafka: 'production.exception.handler',
    doc: 'A result could not be written; answers as above.',
  }),
])
