import type { HttpRequest, HttpResponse } from '../http/http.ts'
import type { HttpRoute, PathParameters } from '../http/routed.ts'
import { compatibilityLevel } from './compatibility.ts'
import { invalidSchema, invalidVersion, RegistryError } from './registry-error.ts'
import type { RegisteredVersion, Subjects, WantedVersion } from './subjects.ts'

type Answer = (request: HttpRequest, parameters: PathParameters) => unknown

/** Confluent's REST API for Avro (docs.confluent.io, Schema Registry API reference), as far as clients use it. */
export function registryRoutes(subjects: Subjects): readonly HttpRoute[] {
  const route = (method: HttpRoute['method'], path: string, answer: Answer): HttpRoute => ({
    method,
    path,
    answer: (request, parameters) => reply(200, answer(request, parameters)),
  })
  return [
    route('GET', '/', () => ({})),
    route('GET', '/mode', () => ({ mode: 'READWRITE' })),
    ...schemaRoutes(subjects, route),
    ...subjectRoutes(subjects, route),
    ...compatibilityRoutes(subjects, route),
    ...configRoutes(subjects, route),
  ]
}

type MakeRoute = (method: HttpRoute['method'], path: string, answer: Answer) => HttpRoute

function schemaRoutes(subjects: Subjects, route: MakeRoute): readonly HttpRoute[] {
  return [
    route('GET', '/schemas/types', () => ['AVRO']),
    route('GET', '/schemas/ids/:id', (_, { id }) => ({ schema: subjects.schema(idOf(id)) })),
    route('GET', '/schemas/ids/:id/schema', (_, { id }) => JSON.parse(subjects.schema(idOf(id)))),
    route('GET', '/schemas/ids/:id/subjects', (_, { id }) => subjects.usesOf(idOf(id)).map(({ subject }) => subject)),
    route('GET', '/schemas/ids/:id/versions', (_, { id }) =>
      subjects.usesOf(idOf(id)).map(({ subject, version }) => ({ subject, version })),
    ),
  ]
}

function subjectRoutes(subjects: Subjects, route: MakeRoute): readonly HttpRoute[] {
  const versionAt = (request: HttpRequest, { subject, version }: PathParameters) =>
    subjects.version(subject!, versionOf(version), flag(request, 'deleted'))
  return [
    route('GET', '/subjects', (request) => subjects.subjects(flag(request, 'deleted'))),
    route('POST', '/subjects/:subject', (request, { subject }) => shown(subjects.find(subject!, schemaIn(request)))),
    route('DELETE', '/subjects/:subject', (request, { subject }) =>
      subjects.deleteSubject(subject!, flag(request, 'permanent')),
    ),
    route('GET', '/subjects/:subject/versions', (request, { subject }) =>
      subjects.versions(subject!, flag(request, 'deleted')),
    ),
    route('POST', '/subjects/:subject/versions', (request, { subject }) => ({
      id: subjects.register(subject!, schemaIn(request)).id,
    })),
    route('GET', '/subjects/:subject/versions/:version', (request, parameters) =>
      shown(versionAt(request, parameters)),
    ),
    route('GET', '/subjects/:subject/versions/:version/schema', (request, parameters) =>
      JSON.parse(versionAt(request, parameters).schema),
    ),
    route('DELETE', '/subjects/:subject/versions/:version', (request, { subject, version }) =>
      subjects.deleteVersion(subject!, versionOf(version), flag(request, 'permanent')),
    ),
  ]
}

function compatibilityRoutes(subjects: Subjects, route: MakeRoute): readonly HttpRoute[] {
  const check = (request: HttpRequest, subject: string, against: WantedVersion | null): unknown => {
    const messages = subjects.check(subject, schemaIn(request), against)
    return { is_compatible: messages.length === 0, ...(flag(request, 'verbose') && { messages }) }
  }
  const path = '/compatibility/subjects/:subject/versions'
  return [
    route('POST', path, (request, { subject }) => check(request, subject!, null)),
    route('POST', `${path}/:version`, (request, { subject, version }) => check(request, subject!, versionOf(version))),
  ]
}

function configRoutes(subjects: Subjects, route: MakeRoute): readonly HttpRoute[] {
  const set = (request: HttpRequest, subject: string | null): unknown => {
    const compatibility = compatibilityLevel(bodyOf(request)['compatibility'])
    subjects.setLevel(subject, compatibility)
    return { compatibility }
  }
  return [
    route('GET', '/config', () => ({ compatibilityLevel: subjects.levelOf(null) })),
    route('PUT', '/config', (request) => set(request, null)),
    route('GET', '/config/:subject', (request, { subject }) => {
      const own = flag(request, 'defaultToGlobal') ? subjects.levelOf(subject!) : subjects.ownLevelOf(subject!)
      if (own !== undefined) return { compatibilityLevel: own }
      throw new RegistryError(40408, `Subject '${subject}' does not have subject-level compatibility configured`)
    }),
    route('PUT', '/config/:subject', (request, { subject }) => set(request, subject!)),
    route('DELETE', '/config/:subject', (_, { subject }) => {
      const level = subjects.levelOf(subject!)
      subjects.setLevel(subject!, null)
      return { compatibilityLevel: level }
    }),
  ]
}

const shown = ({ subject, version, id, schema }: RegisteredVersion): RegisteredVersion => ({
  subject,
  version,
  id,
  schema,
})

/** What a route threw, as the API says it. */
export function registryFailure(error: unknown): HttpResponse {
  const { status, code, message } =
    error instanceof RegistryError
      ? error
      : {
          status: 500,
          code: 50001,
          message: `the registry failed: ${error instanceof Error ? error.message : String(error)}`,
        }
  return reply(status, { error_code: code, message })
}

function reply(status: number, data: unknown): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/vnd.schemaregistry.v1+json' },
    body: JSON.stringify(data),
  }
}

function bodyOf({ body }: HttpRequest): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body))
    if (typeof parsed === 'object' && parsed !== null) return parsed as Record<string, unknown>
  } catch {
    // Said below, as for JSON that is no object.
  }
  throw new RegistryError(400, 'The body is not a JSON object')
}

/** @throws RegistryError 42201 for what is not an Avro schema alone */
function schemaIn(request: HttpRequest): string {
  const { schema, schemaType = 'AVRO', references = [] } = bodyOf(request)
  if (schemaType !== 'AVRO') throw invalidSchema(`its type is ${String(schemaType)}; this registry takes AVRO`)
  if (Array.isArray(references) && references.length > 0)
    throw invalidSchema('it has references; this registry takes schemas that are whole')
  if (typeof schema !== 'string') throw invalidSchema('it stands in `schema`, as a string')
  return schema
}

function versionOf(text: string | undefined): WantedVersion {
  if (text === 'latest' || text === '-1') return 'latest'
  if (text !== undefined && /^[1-9]\d{0,9}$/.test(text)) return Number(text)
  throw invalidVersion(String(text))
}

/** What is no number is the id of no schema. */
function idOf(text: string | undefined): number {
  return Number(text)
}

function flag({ query }: HttpRequest, name: string): boolean {
  return query.get(name) === 'true'
}
