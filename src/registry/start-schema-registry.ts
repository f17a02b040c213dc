import { FramedLog } from '../broker/log/framed-log.ts'
import { MemoryStorage } from '../broker/log/memory-storage.ts'
import type { Storage } from '../broker/log/storage.ts'
import { systemClock } from '../core/system-clock.ts'
import type { Http } from '../http/http.ts'
import { nodeHttp } from '../http/node-http.ts'
import { routed } from '../http/routed.ts'
import { registryFailure, registryRoutes } from './registry-routes.ts'
import { Subjects, type RegistryChange } from './subjects.ts'

/** A schema of more is refused. */
const bodyBytesMax = 4 * 1024 * 1024

/** Where a schema registry listens and what it keeps; everything has a default. */
export interface SchemaRegistryOptions {
  /** Default 127.0.0.1: it knows no authentication. */
  readonly host?: string
  /** Default 0: any free one. */
  readonly port?: number
  /** Where it keeps what was registered; default: in memory, gone when it stops. */
  readonly storage?: Storage
  readonly http?: Http
}

/** A schema registry that runs. */
export interface EmbeddedSchemaRegistry {
  /** For `schemaRegistry.url` of an app's config, and for any client of Confluent's registry. */
  readonly url: string
  /** Takes no more requests; what was asked is answered, for a second at most. */
  stop(): Promise<void>
}

/**
 * Starts a schema registry in this process, for development and tests: Avro, with subjects, versions, ids and all levels of
 * compatibility (BACKWARD unless a subject is told otherwise), behind Confluent's REST API.
 *
 * @throws Error of Node when it cannot listen there (EADDRINUSE)
 */
export async function startSchemaRegistry(options: SchemaRegistryOptions = {}): Promise<EmbeddedSchemaRegistry> {
  const { host = '127.0.0.1', port = 0, storage = new MemoryStorage(), http = nodeHttp(systemClock) } = options
  const handler = routed(registryRoutes(openSubjects(storage)), registryFailure)
  const server = await http.listen({ host, port, handler, bodyBytesMax })
  return { url: `http://${host}:${server.port}`, stop: () => server.close() }
}

/** The log is its own snapshot: a registry has as many changes as its users have schemas. */
function openSubjects(storage: Storage): Subjects {
  const changes: Buffer[] = []
  const subjects = new Subjects((change) => {
    const payload = Buffer.from(JSON.stringify(change))
    changes.push(payload)
    log.append(payload)
  })
  const log = FramedLog.open(storage, 'schemas.log', {
    snapshot: () => changes,
    apply: (payload) => {
      changes.push(Buffer.from(payload))
      subjects.apply(JSON.parse(payload.toString()) as RegistryChange)
    },
  })
  return subjects
}
