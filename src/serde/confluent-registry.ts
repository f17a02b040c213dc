import type { SchemaRegistry as ConfluentClient } from '@kafkajs/confluent-schema-registry'
import type { Clock } from '../core/clock.ts'
import { ConfigError, type BrokerError } from '../core/errors.ts'
import { systemClock } from '../core/system-clock.ts'
import { messageOf } from './message-of.ts'
import { registryFailed } from './registry-failed.ts'
import type { SchemaRegistry } from './schema-registry.ts'

/** Where a schema registry is, and how patiently it is asked. */
export interface ConfluentRegistryOptions {
  /** Where the registry's REST API is, without credentials. Apicurio's is under `/apis/ccompat/v7`. */
  readonly url: string
  readonly auth?: { readonly username: string; readonly password: string }
  /** How long one request may take in milliseconds, connecting and retries included; 10 seconds by default. */
  readonly requestTimeoutMs?: number
  readonly clock?: Clock
}

/**
 * A schema registry that speaks Confluent's REST API: Confluent's own, Apicurio, Karapace, Redpanda.
 *
 * Registering looks the schema up first, so one that a deployment has registered needs no right to write. The
 * compatibility rule of a subject is obeyed and never changed.
 *
 * @throws ConfigError `MILLRACE_CONFIG_INVALID` when the url is none. From its methods: BrokerError
 *   `MILLRACE_REGISTRY_FAILED`, retriable when the registry is out of reach, too slow or broken, not when it refuses
 */
export function confluentRegistry(options: ConfluentRegistryOptions): SchemaRegistry {
  const url = checkedUrl(options.url)
  const schemas = new Map<number, FoundSchema>()
  let connected: Promise<ConfluentClient> | undefined
  const client = (): Promise<ConfluentClient> => (connected ??= connect(url, options, schemas))

  return {
    async register(subject, schema) {
      try {
        const id = await findOrRegister(await client(), subject, schema)
        schemas.set(id, { schema })
        return id
      } catch (cause) {
        throw explained(`registering a schema under ${subject} in the schema registry at ${url}`, cause)
      }
    },
    async schemaById(id) {
      try {
        const found = schemas.get(id)
        // One with references may be half way: answered, but what it refers to is still on the way to another call.
        if (found !== undefined && !found.references?.length) return found.schema
        return await fetchSchema(await client(), id, schemas)
      } catch (cause) {
        if (statusOf(cause) === 404) return undefined
        throw explained(`asking the schema registry at ${url} for schema id ${id}`, cause)
      }
    },
  }
}

/** What the registry answers to a schema id, as far as it matters here. */
interface FoundSchema {
  readonly schema: string
  readonly references?: readonly unknown[]
}

function checkedUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const refuse = (problem: string, remedy: string): ConfigError =>
    new ConfigError([{ path: 'confluentRegistry url', problem, remedy }])
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw refuse(`${JSON.stringify(url)} is not an http or https url`, "give one such as 'http://localhost:8081'")
  }
  if (parsed.username !== '' || parsed.password !== '') throw refuse('it has credentials in it', 'give them as auth')
  return url.replace(/\/+$/, '')
}

async function connect(
  url: string,
  options: ConfluentRegistryOptions,
  schemas: Map<number, FoundSchema>,
): Promise<ConfluentClient> {
  // Imported when it is needed: it loads protobufjs and ajv too (0.2 s).
  const { SchemaRegistry } = await import('@kafkajs/confluent-schema-registry')
  const middlewares = [boundedTime(options), keptCompatibility, rememberedSchemas(schemas)]
  return new SchemaRegistry({ host: url, middlewares, ...(options.auth && { auth: options.auth }) })
}

type Middleware = NonNullable<ConstructorParameters<typeof ConfluentClient>[0]['middlewares']>[number]
type Response = Awaited<ReturnType<NonNullable<ReturnType<Middleware>['response']>>>

/** The client's own time-out does not count while it connects, and a host that drops packets never refuses. */
function boundedTime({ requestTimeoutMs = 10_000, clock = systemClock }: ConfluentRegistryOptions): Middleware {
  return () => {
    const controller = new AbortController()
    return {
      prepareRequest: (next) => next().then((request) => request.enhance({ signal: controller.signal })),
      async response(next) {
        const timer = clock.setTimer(requestTimeoutMs, () => controller.abort())
        try {
          return await next()
        } catch (cause) {
          throw controller.signal.aborted ? new Error(`no answer within ${requestTimeoutMs} ms`, { cause }) : cause
        } finally {
          timer.cancel()
        }
      },
    }
  }
}

/**
 * The client refuses to register under a subject whose rule is not BACKWARD, and sets that rule where there is none. Both
 * are for the registry's owner to decide, so the client is told what it wants to hear and its change is not sent.
 */
const keptCompatibility: Middleware = ({ resourceMethod }) => ({
  response: (next) => (resourceMethod === 'config' ? Promise.resolve(backwardRule) : next()),
})

const backwardRule = { data: () => ({ compatibilityLevel: 'BACKWARD' }) } as unknown as Response

/** Keeps schemas as the registry wrote them: the client parses away logical types with their scale and precision. */
function rememberedSchemas(schemas: Map<number, FoundSchema>): Middleware {
  return ({ resourceName, resourceMethod }) => ({
    async response(next, _renew, request) {
      const response = await next()
      if (resourceName === 'Schema' && resourceMethod === 'find') {
        schemas.set(Number(request.params()['id']), response.data<FoundSchema>())
      }
      return response
    },
  })
}

async function findOrRegister(client: ConfluentClient, subject: string, schema: string): Promise<number> {
  const avro = { type: 'AVRO' as never, schema }
  try {
    return await client.getRegistryIdBySchema(subject, avro)
  } catch (cause) {
    // How the client says 404; everything else is a ResponseError.
    if (!(cause instanceof Error) || cause.name !== 'ConfluentSchemaRegistryError') throw cause
    return (await client.register(avro, { subject })).id
  }
}

async function fetchSchema(
  client: ConfluentClient,
  id: number,
  schemas: Map<number, FoundSchema>,
): Promise<string | undefined> {
  let parsed: unknown
  try {
    parsed = await client.getSchema(id)
  } catch (cause) {
    // A schema that is there but that the client cannot parse makes records bad, not the registry: the serde says so.
    if (!schemas.has(id)) throw cause
  }
  // The client has put the schemas that this one refers to into what it parsed.
  if (parsed !== undefined && schemas.get(id)?.references?.length) schemas.set(id, { schema: JSON.stringify(parsed) })
  return schemas.get(id)?.schema
}

function statusOf(cause: unknown): number | undefined {
  if (!(cause instanceof Error) || !('status' in cause) || typeof cause.status !== 'number') return undefined
  // The client turns a request that got no answer into a 400 with a text of its own.
  return cause.message.includes('Error, status 400') ? undefined : cause.status
}

function explained(doing: string, cause: unknown): BrokerError {
  const status = statusOf(cause)
  const refusedByClient = cause instanceof Error && cause.name === 'ConfluentSchemaRegistryArgumentError'
  const retriable = status === undefined ? !refusedByClient : status >= 500 || status === 429
  const remedy = refusedByClient
    ? clientRemedy
    : (remedies.get(status ?? 0) ?? 'check the url and that the registry is up')
  const problem = messageOf(cause).replace(/^Confluent_Schema_Registry - (Error, status 400: )?/, '')
  return registryFailed({ doing, problem, remedy, retriable, cause })
}

const clientRemedy =
  'correct the schema; one without a name (a union, a primitive type) must be wrapped in a record, or be registered by other means'

const remedies = new Map([
  [401, 'check auth'],
  [403, 'check auth and its rights on this subject'],
  [404, "check that the url is the base of Confluent's REST API (Apicurio: .../apis/ccompat/v7)"],
  [
    409,
    'make the new schema able to read the old one (a default for each new field, no changed types), or use another subject',
  ],
  [422, 'correct the schema'],
])
