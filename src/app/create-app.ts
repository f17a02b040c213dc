import type { Clock } from '../core/clock.ts'
import { sleep } from '../core/clock.ts'
import { MillraceError } from '../core/errors.ts'
import { systemClock } from '../core/system-clock.ts'
import { topicPartitionName } from '../core/topic-partition.ts'
import type { Http } from '../http/http.ts'
import { nodeHttp } from '../http/node-http.ts'
import type { Plan } from '../planner/plan.ts'
import { planTopology } from '../planner/plan-topology.ts'
import { openGlobalTables, type GlobalTables } from '../runtime/global-tables.ts'
import { checkReusedSources } from '../runtime/check-reused-sources.ts'
import type { AdminPort, KafkaPort } from '../runtime/port.ts'
import { prepareTopics } from '../runtime/prepare-topics.ts'
import { StreamThread } from '../runtime/stream-thread.ts'
import { createTask } from '../runtime/create-task.ts'
import type { StateStore } from '../state/state-store.ts'
import { stateChannel } from '../telemetry/channels.ts'
import { snapshotMetrics } from '../telemetry/metrics-snapshot.ts'
import type { AppMetrics } from '../telemetry/metrics-snapshot.ts'
import { exportMetrics } from '../telemetry/open-telemetry.ts'
import { MetricsRegistry } from '../telemetry/task-metrics.ts'
import type { Placement } from '../queries/local-queries.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type { Queryables } from '../topology/queryables.ts'
import type { Topology } from '../topology/topology.ts'
import type { AppConfig } from './app-config.ts'
import { nextState } from './app-state.ts'
import { AppQueries } from './app-queries.ts'
import type { AppEvent, AppState } from './app-state.ts'
import { checkDeadLetterTopic } from './check-dead-letter-topic.ts'
import { connectPort } from './connect-port.ts'
import { connectRegistry } from './connect-registry.ts'
import { Listeners } from './listeners.ts'
import type { MillraceApp, StateChange } from './millrace-app.ts'
import { resolveConfig } from './resolve-config.ts'
import type { ResolvedConfig } from './resolved-config.ts'
import { topologyGuard } from './topology-guard.ts'

/** What a simulation puts in the place of the outside world. @internal */
export interface AppSurroundings {
  readonly port?: KafkaPort
  readonly clock?: Clock
  readonly http?: Http
}

/**
 * An app that will run `topology`; nothing is connected before `start()`. Run as many instances with one `applicationId`, in any
 * number of processes, as there are partitions: they share the tasks.
 *
 * @throws ConfigError `MILLRACE_CONFIG_INVALID`, TopologyError `MILLRACE_TOPOLOGY_INVALID`: each with every problem found
 * @example
 * const app = createApp(topology, { brokers: 'localhost:9092' })
 * await app.start()
 */
export function createApp<Q>(
  topology: Topology<Q>,
  config: AppConfig = {},
  surroundings: AppSurroundings = {},
): MillraceApp<Q> {
  const resolved = resolveConfig(config, topology.name)
  const plan = planTopology(topology, { applicationId: resolved.applicationId })
  checkDeadLetterTopic(plan, resolved)
  return new App(plan, resolved, surroundings) as unknown as MillraceApp<Q>
}

class App implements MillraceApp<Queryables> {
  readonly plan: Plan
  readonly closed: Promise<void>
  readonly #config: ResolvedConfig
  readonly #clock: Clock
  readonly #injectedPort: KafkaPort | undefined
  readonly #metrics = new MetricsRegistry()
  readonly #onState = new Listeners<StateChange>()
  readonly #onError = new Listeners<Error>()
  #state: AppState = 'created'
  #error: Error | undefined
  #thread: StreamThread | undefined
  readonly #queries: AppQueries
  readonly #stopping = new AbortController()
  /** Stopped or failed; never rejects. */
  readonly #end: Promise<void>
  #ending!: () => void
  #close!: { readonly resolve: () => void; readonly reject: (error: Error) => void }

  constructor(plan: Plan, config: ResolvedConfig, { port, clock, http }: AppSurroundings) {
    this.plan = plan
    this.#config = config
    this.#clock = clock ?? systemClock
    this.#injectedPort = port
    this.#queries = new AppQueries({
      plan,
      config,
      clock: this.#clock,
      http: http ?? nodeHttp(this.#clock),
      state: () => this.#state,
    })
    this.closed = new Promise((resolve, reject) => (this.#close = { resolve, reject }))
    this.#end = new Promise((resolve) => (this.#ending = resolve))
  }

  get state(): AppState {
    return this.#state
  }

  get error(): Error | undefined {
    return this.#error
  }

  async start(): Promise<void> {
    this.#go('start')
    const running = this.#reaches('running')
    void this.#live().then(
      () => this.#ended(undefined),
      (error: Error) => this.#ended(error),
    )
    await Promise.race([running, this.#end])
    if (this.#state === 'running' || this.#state === 'rebalancing') return
    this.closed.catch(() => {}) // the caller hears of it here
    throw this.#error ?? new MillraceError('MILLRACE_APP_STATE', 'the app was stopped before it ran')
  }

  async stop(): Promise<void> {
    if (this.#state === 'created') {
      this.#go('stop')
      this.#ended(undefined)
    }
    if (this.#state === 'stopped' || this.#state === 'failed') return
    this.#go('stop')
    this.#stopping.abort()
    this.#thread?.stop()
    const timer = new AbortController()
    const late = sleep(this.#clock, this.#config.shutdownTimeoutMs, timer.signal).then(() => 'late' as const)
    const outcome = await Promise.race([late, this.#end.then(() => 'ended' as const)])
    timer.abort()
    if (outcome === 'late') this.#ended(this.#shutdownLate())
    if (this.#error === undefined) return
    this.closed.catch(() => {}) // the caller hears of it here
    throw this.#error
  }

  on(event: 'state', listener: (change: StateChange) => void): () => void
  on(event: 'error', listener: (error: Error) => void): () => void
  on(event: 'state' | 'error', listener: ((change: StateChange) => void) | ((error: Error) => void)): () => void {
    if (event === 'state') return this.#onState.add(listener as (change: StateChange) => void)
    return this.#onError.add(listener as (error: Error) => void)
  }

  metrics(): AppMetrics {
    return snapshotMetrics(this.#metrics)
  }

  store(name: string, partition: number): StateStore | undefined {
    const own = this.#thread?.storesNamed(name).get(partition)
    return this.#queries.globals?.stores.get(name) ?? (own === 'restoring' ? undefined : own)
  }

  reader(store: string | StoreDeclaration): never {
    return this.#queries.reader(store) as never
  }

  metadataForKey(store: string, key: unknown): Placement | null {
    return this.#queries.metadataForKey(store, key)
  }

  metadataForStore(store: string): readonly Placement[] {
    return this.#queries.metadataForStore(store)
  }

  get address(): string | null {
    return this.#queries.address
  }

  async #live(): Promise<void> {
    const stopExport = exportMetrics(this.#config.applicationId, () => this.metrics())
    const port = this.#injectedPort ?? (await connectPort(this.#config, this.#clock))
    const admin = port.admin()
    const registry = connectRegistry(this.#config)
    let globals: GlobalTables | undefined
    try {
      await admin.connect()
      const partitionCounts = await this.#prepare(port, admin)
      if (this.#state === 'stopping') return
      const { applicationId, errors: handlers, deadLetterTopic } = this.#config
      globals = await openGlobalTables({
        ...this.#config,
        plan: this.plan,
        port,
        admin,
        clock: this.#clock,
        registry,
        handlers,
      })
      const { stores: globalStores } = globals
      this.#queries.globals = globals
      await this.#queries.open(partitionCounts, registry)
      await globals.fill(this.#stopping.signal)
      if (this.#stopping.signal.aborted) return
      const thread = new StreamThread({
        plan: this.plan,
        partitionCounts,
        port,
        admin,
        clock: this.#clock,
        settings: { ...this.#config, ...(this.address !== null && { address: this.address }) },
        handlers,
        metrics: this.#metrics,
        createTask: (setting) =>
          createTask({
            ...setting,
            applicationId,
            registry,
            handlers,
            deadLetterTopic,
            clock: this.#clock,
            globalStores,
          }),
        onPhase: (phase) => this.#go(phase === 'running' ? 'ready' : 'rebalance'),
      })
      this.#thread = this.#queries.thread = thread
      await globals.during(
        () => thread.run(),
        () => thread.stop(),
      )
    } finally {
      stopExport()
      await this.#queries.close()
      await globals?.close()
      await admin.close()
    }
  }

  /** Checks and creates what the app needs in Kafka. Nothing is created when a check fails. @returns partition counts */
  async #prepare(port: KafkaPort, admin: AdminPort): Promise<ReadonlyMap<string, number>> {
    const guard = topologyGuard(this.plan, { port, admin, config: this.#config, clock: this.#clock })
    const partitionCounts = await prepareTopics(this.plan, admin, {
      ...this.#config,
      beforeCreation: async (counts) => {
        await checkReusedSources(this.plan, admin, this.#config)
        await guard.check(counts)
      },
    })
    await guard.record(partitionCounts)
    return partitionCounts
  }

  #ended(error: Error | undefined): void {
    if (this.#state === 'stopped' || this.#state === 'failed') return
    this.#error = error
    this.#go(error === undefined ? 'stopped' : 'fail')
    this.#ending()
    if (error === undefined) return this.#close.resolve()
    // somebody who listens has heard; with nobody listening, Node's unhandled rejection is the last resort
    if (this.#onError.count > 0) this.closed.catch(() => {})
    this.#close.reject(error)
    this.#onError.tell(error)
  }

  #go(event: AppEvent): void {
    const from = this.#state
    const to = nextState(from, event)
    if (to === from) return
    this.#state = to
    stateChannel.publish({ applicationId: this.#config.applicationId, from, to, error: this.#error })
    this.#onState.tell({ from, to })
  }

  #reaches(state: AppState): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.#onState.add(({ to }) => {
        if (to !== state) return
        stop()
        resolve()
      })
    })
  }

  #shutdownLate(): MillraceError {
    const left = (this.#thread?.uncommitted ?? []).map(topicPartitionName)
    const what =
      left.length === 0
        ? 'nothing was left uncommitted'
        : `records of ${left.join(', ')} are not committed and will be processed again`
    return new MillraceError(
      'MILLRACE_APP_STATE',
      `the app did not stop within ${this.#config.shutdownTimeoutMs} ms; ${what}`,
    )
  }
}
