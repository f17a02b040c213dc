import type { Clock } from '../core/clock.ts'
import { ConfigError } from '../core/errors.ts'
import type { Http, HttpServer } from '../http/http.ts'
import type { Plan } from '../planner/plan.ts'
import { LocalQueries, type Placement } from '../queries/local-queries.ts'
import { queryRoutes } from '../queries/query-routes.ts'
import { RoutedQueries } from '../queries/routed-queries.ts'
import { StoreCatalog, type CatalogStore } from '../queries/store-catalog.ts'
import { makeReader } from '../queries/store-readers.ts'
import type { GlobalTables } from '../runtime/global-tables.ts'
import type { MemberPlace } from '../runtime/port.ts'
import type { StreamThread } from '../runtime/stream-thread.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { StateStore } from '../state/state-store.ts'
import type { StoreDeclaration } from '../topology/processor-stores.ts'
import type { AppState } from './app-state.ts'
import type { ResolvedConfig } from './resolved-config.ts'

export interface AppQueriesOptions {
  readonly plan: Plan
  readonly config: ResolvedConfig
  readonly clock: Clock
  readonly http: Http
  readonly state: () => AppState
}

/** Queries hold no body worth more. */
const bodyBytesMax = 1_048_576

/** What can be read of a running app, and the server that answers others. */
export class AppQueries {
  readonly #options: AppQueriesOptions
  readonly #queries: RoutedQueries
  #catalog: StoreCatalog | null = null
  #partitionCounts: ReadonlyMap<string, number> = new Map()
  #server: HttpServer | undefined
  #address: string | null = null
  /** Set once they run. */
  thread: StreamThread | undefined
  globals: GlobalTables | undefined

  constructor(options: AppQueriesOptions) {
    this.#options = options
    const { http, clock, config } = options
    this.#queries = new RoutedQueries({ local: this.#local(), http, clock, timeoutMs: config.queryTimeoutMs })
  }

  reader(store: string | StoreDeclaration): ReturnType<typeof makeReader> {
    return makeReader(this.#options.plan, store, this.#queries)
  }

  metadataForKey(store: string, key: unknown): Placement | null {
    return this.reader(store).where(key)
  }

  metadataForStore(name: string): readonly Placement[] {
    const { local } = this.#queries
    const store = local.find(name)
    return local.partitions(store).map((partition) => local.place(store, partition))
  }

  /** `host:port` where the server listens; null: there is none. */
  get address(): string | null {
    return this.#address
  }

  /** @throws ConfigError when the server cannot listen at the configured address; BrokerError of the registry */
  async open(partitionCounts: ReadonlyMap<string, number>, registry: SchemaRegistry | undefined): Promise<void> {
    const { plan, config, http } = this.#options
    this.#partitionCounts = partitionCounts
    this.#catalog = await StoreCatalog.open(plan, { registry, partitionCounts })
    if (config.applicationServer === null) return
    const { host, port } = splitAddress(config.applicationServer)
    const handler = queryRoutes(config.applicationId, this.#queries)
    const listening = http.listen({ host: host.replace(/^\[(.*)\]$/, '$1'), port, handler, bodyBytesMax })
    this.#server = await listening.catch((cause: Error) => {
      throw cannotListen(config.applicationServer!, cause)
    })
    this.#address = `${host}:${this.#server.port}`
  }

  async close(): Promise<void> {
    await this.#server?.close()
  }

  #local(): LocalQueries {
    return new LocalQueries({
      state: this.#options.state,
      catalog: () => this.#catalog,
      partitionCounts: () => this.#partitionCounts,
      address: () => this.#address,
      local: (store) => this.#localStores(store),
      members: (): readonly MemberPlace[] => this.thread?.members() ?? [],
    })
  }

  #localStores({ name, kind }: CatalogStore): ReadonlyMap<number, StateStore | 'restoring'> {
    if (kind !== 'global') return this.thread?.storesNamed(name) ?? new Map()
    const store = this.globals?.stores.get(name)
    const isFilled = store !== undefined && this.thread !== undefined
    const isOver = ['stopping', 'stopped', 'failed'].includes(this.#options.state())
    return isOver ? new Map() : new Map([[0, isFilled ? store : 'restoring']])
  }
}

function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':')
  return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) }
}

function cannotListen(address: string, cause: Error): ConfigError {
  const problem = `the app cannot listen at ${address}: ${cause.message}`
  return new ConfigError([
    { path: 'applicationServer', problem, remedy: 'name an address of this machine whose port is free' },
  ])
}
