import type { Plan } from '../planner/plan.ts'
import type { StateStore } from '../state/state-store.ts'
import type { Placement } from '../queries/local-queries.ts'
import type { QueryKeyOf, ReaderOf } from '../queries/reader.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type { DeclaredQueryable } from '../topology/queryables.ts'
import type { AppMetrics } from '../telemetry/metrics-snapshot.ts'
import type { AppState } from './app-state.ts'

/** A step of an app from one state to the next. */
export interface StateChange {
  readonly from: AppState
  readonly to: AppState
}

/** A running topology. Made by `createApp`. `Q`: what can be read of it by name, as the topology's declaration returned it. */
export interface MillraceApp<Q = Record<never, never>> {
  readonly state: AppState
  /** What stopped the app, when its state is `failed`. */
  readonly error: Error | undefined
  /** What runs: sub-topologies, internal topics, stores. */
  readonly plan: Plan
  /**
   * Connects, checks topics, creates internal ones, joins the group, restores state; resolves when all tasks of this
   * instance run.
   *
   * @throws BrokerError `MILLRACE_BROKER_UNREACHABLE` within `requestTimeoutMs`
   * @throws TopologyError `MILLRACE_TOPIC_MISSING`, `MILLRACE_PARTITIONS_MISMATCH`, each with all problems
   * @throws BrokerError `MILLRACE_REGISTRY_FAILED` when a serde needs the registry and it does not answer
   * @throws MillraceError `MILLRACE_APP_STATE` when it was started before, or stopped meanwhile
   */
  start(): Promise<void>
  /**
   * Finishes the records in hand, commits, leaves the group. Ends within `shutdownTimeoutMs`. May be called at any time and
   * more than once.
   *
   * @throws MillraceError `MILLRACE_APP_STATE` when time ran out, naming the partitions that were left uncommitted: they are
   *   read again by whoever comes next, nothing is lost. Otherwise what made the last commit fail
   */
  stop(): Promise<void>
  /** Resolves when the app has stopped; rejects with the error when it failed. */
  readonly closed: Promise<void>
  /** Listens to state changes or the fatal error; the answer ends it. What a listener throws is an uncaught exception. */
  on(event: 'state', listener: (change: StateChange) => void): () => void
  on(event: 'error', listener: (error: Error) => void): () => void
  /** Counters since the app was created. */
  metrics(): AppMetrics
  /**
   * The store `name` of this instance's task on `partition`, for tests and inspection: read only, and only what this
   * instance owns at this moment. Undefined when it owns no such task, or the task is being restored.
   */
  store(name: string, partition: number): StateStore | undefined
  /**
   * Reads what the topology's declaration returned under `name`, or a store that was declared for processors, while the app runs: this
   * instance's partitions, and over HTTP those of the others where `applicationServer` is set (Kafka Streams: interactive queries).
   * May be called before `start()`.
   *
   * @throws QueryError `MILLRACE_STORE_UNKNOWN`, with the nearest name; all else the reader's methods throw
   * @example
   * const app = createApp(topology('clicks', (t) => {
   *   const perPage = t.stream('clicks', { key: string(), value: json() }).groupByKey().count()
   *   return { perPage }
   * }))
   * await app.start()
   * const found = await app.reader('perPage').get('/home')
   */
  reader<N extends keyof Q & string>(name: N): ReaderOf<Q[N]>
  reader<D extends StoreDeclaration>(declaration: D): ReaderOf<DeclaredQueryable<D>>
  /**
   * Which partition holds `key`, and which instance that (Kafka Streams: queryMetadataForKey), by what the group said last; null where that
   * cannot be told by the key.
   *
   * @throws QueryError `MILLRACE_STORE_UNKNOWN`, `MILLRACE_STORE_NOT_READY`, `MILLRACE_QUERY_INVALID`
   */
  metadataForKey<N extends keyof Q & string>(name: N, key: QueryKeyOf<Q[N]>): Placement | null
  /** The same for all partitions of a store, also by the store's own name (Kafka Streams: streamsMetadataForStore). @throws as before */
  metadataForStore(name: string): readonly Placement[]
  /** `host:port` where it answers queries, once it listens there; null: nowhere. */
  readonly address: string | null
}
