import type { Clock } from '../core/clock.ts'
import type { Plan } from '../planner/plan.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { StateStore } from '../state/state-store.ts'
import type { ErrorHandlers } from './error-handlers.ts'
import { createGlobalTables } from './global-table.ts'
import { GlobalTableUpdater } from './global-table-updater.ts'
import type { AdminPort, KafkaPort } from './port.ts'

export interface GlobalTablesOptions {
  readonly plan: Plan
  readonly port: KafkaPort
  readonly admin: AdminPort
  readonly clock: Clock
  readonly registry: SchemaRegistry | undefined
  readonly handlers: ErrorHandlers
  readonly clientId: string
  readonly fetchMaxBytes: number
}

/** The global tables of an app: all of them, in one process, for all its tasks. */
export interface GlobalTables {
  /** By name. */
  readonly stores: ReadonlyMap<string, StateStore>
  /** Reads what is there. Early when `signal` aborts. */
  fill(signal: AbortSignal): Promise<void>
  /**
   * Keeps them up to date while `work` runs, which is told to `stop` when they cannot be. Ends with `work`. @throws what
   * either of them threw first
   */
  during(work: () => Promise<void>, stop: () => void): Promise<void>
  close(): Promise<void>
}

export async function openGlobalTables(options: GlobalTablesOptions): Promise<GlobalTables> {
  const tables = await createGlobalTables(options.plan.globalTables, options)
  const stores = new Map([...tables].map(([name, { store }]) => [name, store]))
  if (tables.size === 0) return { stores, fill: async () => {}, during: (work) => work(), close: async () => {} }
  const updater = new GlobalTableUpdater({ ...options, tables: [...tables.values()] })
  return {
    stores,
    fill: (signal) => updater.fill(signal),
    during: (work, stop) => updateDuring(updater, work, stop),
    close: () => updater.close(),
  }
}

async function updateDuring(updater: GlobalTableUpdater, work: () => Promise<void>, stop: () => void): Promise<void> {
  const ended = new AbortController()
  let failure: { readonly error: unknown } | undefined
  const updating = updater.run(ended.signal).catch((error: unknown) => {
    failure = { error }
    stop()
  })
  try {
    await work()
  } catch (error) {
    failure ??= { error }
  }
  ended.abort()
  await updating
  if (failure !== undefined) throw failure.error
}
