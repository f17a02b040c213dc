/* The front door: everything a user's service imports, each name once. Tests import `millrace/testing` as well. */

// Declaring
export { topology } from './dsl/topology.ts'
export type { StreamsBuilder } from './dsl/streams-builder.ts'
export type { Branch, KStream, RecordOf } from './dsl/kstream.ts'
export type { KTable } from './dsl/ktable.ts'
export type { GlobalTable } from './dsl/global-table.ts'
export type { KGroupedStream, OverOptions, OverRangeOption } from './dsl/kgrouped-stream.ts'
export type {
  CogroupedKStream,
  SessionWindowedCogroupedKStream,
  TimeWindowedCogroupedKStream,
} from './dsl/cogrouped-kstream.ts'
export type { KGroupedTable } from './dsl/kgrouped-table.ts'
export type { TimeWindowedKStream } from './dsl/time-windowed-kstream.ts'
export type { SessionWindowedKStream } from './dsl/session-windowed-kstream.ts'
export { keyValueStore, sessionStore, windowStore } from './dsl/store-declarations.ts'
export type { DeclaredStoreOptions } from './dsl/store-declarations.ts'
export { hopping, session, sliding, tumbling } from './dsl/windows.ts'
export type { SessionWindowsOption, SlidingWindowsOption, TimeWindowsOption } from './dsl/windows.ts'
export type {
  AggregateOptions,
  AsyncCallOptions,
  CountOptions,
  DedupeId,
  DedupeOptions,
  ForeignKeyJoinOptions,
  FunctionOptions,
  GlobalTableOptions,
  GroupByKeyOptions,
  GroupByOptions,
  KeySerdeOption,
  KeyValueSerdeOptions,
  MapAsyncOptions,
  MapBatchOptions,
  NodeOptions,
  ProcessOptions,
  ReduceOptions,
  RepartitionOptions,
  SinkOptions,
  SourceOptions,
  StoreOption,
  StreamJoinOptions,
  StreamTableJoinOptions,
  TableFilterOptions,
  TableGroupByOptions,
  TableOptions,
  TableSourceOptions,
  ToTableOptions,
  UntilTimeLimit,
  UntilWindowCloses,
  ValueSerdeOption,
  TtlOption,
  VersionedOption,
  WindowStoreOption,
} from './dsl/options.ts'
export type { ErrorOption, OnError } from './dsl/error-option.ts'
export type { ErrorAction } from './topology/error-policy.ts'
export type { WindowedAggregateOptions, WindowedCountOptions, WindowedReduceOptions } from './dsl/windowed-options.ts'
export type { Impossible } from './dsl/type-sentences.ts'
export type {
  AsyncContext,
  AsyncKeyValueMapper,
  AsyncOrder,
  AsyncValueMapper,
  AttemptContext,
  BatchMapper,
} from './topology/async-functions.ts'
export type { RetryOptions } from './core/retry-policy.ts'
export type { Topology } from './topology/topology.ts'
export type { Queryable } from './topology/queryables.ts'
export type { TopologyOptimization, TopologyOptions } from './topology/optimization.ts'
export type {
  Aggregator,
  ExtractedFrom,
  FlatMapper,
  FlatValueMapper,
  ForeachAction,
  Initializer,
  InvertibleAggregate,
  KeyValue,
  KeyValueMapper,
  Partitioner,
  Predicate,
  Reducer,
  SessionMerger,
  TimestampExtractor,
  TopicSelector,
  ValueJoiner,
  ValueMapper,
} from './topology/functions.ts'
export { combined, countAndSum, countOf, meanOf, shareOf, sumOf } from './topology/invertible-aggregates.ts'
export type { OverResult } from './topology/over-result.ts'
export type {
  Cancellable,
  ForwardedRecord,
  Processor,
  ProcessorContext,
  ProcessorSupplier,
  PunctuationType,
  Punctuator,
} from './topology/processor.ts'
export type {
  KeyValueStoreDeclaration,
  ProcessorKeyValueStore,
  ProcessorSessionStore,
  ProcessorStore,
  ProcessorWindowStore,
  SessionStoreDeclaration,
  StoreDeclaration,
  StoreOf,
  WindowStoreDeclaration,
} from './topology/processor-stores.ts'
export type { EmitStrategy } from './topology/windows.ts'

// Serdes
export { string } from './serde/string.ts'
export { int32, int64, safeInt64 } from './serde/integers.ts'
export { double } from './serde/double.ts'
export { bytes } from './serde/bytes.ts'
export { json } from './serde/json.ts'
export type { JsonOptions } from './serde/json.ts'
export { avro } from './serde/avro.ts'
export type { AvroOptions } from './serde/avro.ts'
export { nullable } from './serde/nullable.ts'
export { sessionWindowed, timeWindowed } from './serde/windowed-serdes.ts'
export type { RecordPart, Serde, SerdeEnvironment, ValueOf } from './serde/serde.ts'
export type { StandardSchema } from './serde/standard-schema.ts'
export type { SchemaRegistry } from './serde/schema-registry.ts'
export { memoryRegistry } from './serde/memory-registry.ts'
export { confluentRegistry } from './serde/confluent-registry.ts'
export type { ConfluentRegistryOptions } from './serde/confluent-registry.ts'

// Planning
export { planTopology } from './planner/plan-topology.ts'
export { describePlan } from './planner/describe.ts'
export type { DescribeFormat } from './planner/describe.ts'
export type { Plan } from './planner/plan.ts'
export { fingerprintOf } from './planner/topology-fingerprint.ts'
export type { RepartitionFingerprint, StoreFingerprint, TopologyFingerprint } from './planner/topology-fingerprint.ts'

// Running
export { createApp } from './app/create-app.ts'
export { runApp } from './app/run-app.ts'
export type { MillraceApp, StateChange } from './app/millrace-app.ts'
export type {
  GetOptions,
  KeyValueReader,
  LocalKeyValueReader,
  LocalWindowedReader,
  RangeOptions,
  ReaderOf,
  ResultOptions,
  StoreEntry,
  TimeRangeOptions,
  WindowEntry,
  WindowedReader,
} from './queries/reader.ts'
export type { Placement } from './queries/local-queries.ts'
export type { AppState } from './app/app-state.ts'
export type {
  AppConfig,
  ErrorPolicy,
  ErrorsConfig,
  ProduceErrorPolicy,
  SchemaRegistryConfig,
} from './app/app-config.ts'
export type {
  OAuthBearerSaslConfig,
  OAuthBearerToken,
  PasswordSaslConfig,
  SaslConfig,
  TlsConfig,
} from './client/security-config.ts'
export { kafkaJsCodec } from './kafkajs/kafkajs-codec.ts'
export type { KafkaJsCodec } from './kafkajs/kafkajs-codec.ts'
export type { AppMetrics, TaskMetricsSnapshot } from './telemetry/metrics-snapshot.ts'

// Words
export type { Duration } from './core/duration.ts'
export type { Headers, RecordMetadata, StreamRecord } from './core/stream-record.ts'
export type { Window, Windowed } from './core/windowed.ts'
export { windowed } from './core/windowed.ts'
export type { ValueAndTimestamp } from './core/value-and-timestamp.ts'
export type { TopicPartition } from './core/topic-partition.ts'
export { seededRandom } from './core/random.ts'
export type { Random } from './core/random.ts'

// Errors
export {
  BrokerError,
  ConfigError,
  InvariantError,
  MillraceError,
  ProcessingError,
  ProductionError,
  ProtocolError,
  QueryError,
  SerializationError,
  StateError,
  TaskCorruptedError,
  TaskMigratedError,
  TopologyError,
  errorCodes,
} from './core/errors.ts'
export type { ErrorCode, ErrorFacts, Problem, QueryFacts } from './core/errors.ts'
export type { ErrorAnswer, ErrorHandlers, FailedRecord } from './runtime/error-handlers.ts'
