import { normalizedAvro, whyUnreadable } from './avro-compatibility.ts'
import { messageOf } from './message-of.ts'
import { registryFailed } from './registry-failed.ts'
import type { SchemaRegistry } from './schema-registry.ts'

/**
 * A schema registry in memory, for tests and for trying things out. Ids count from 1, and one schema has one id under all
 * subjects. As a Confluent registry does by default, it refuses a new version that cannot read what the one before wrote
 * (BACKWARD).
 *
 * @throws BrokerError `MILLRACE_REGISTRY_FAILED`, not retriable, from `register` on an incompatible or invalid schema
 */
export function memoryRegistry(): SchemaRegistry {
  const schemas: string[] = []
  const subjects = new Map<string, string[]>()

  function register(subject: string, schema: string): number {
    const doing = `registering a schema under ${subject} in the memory registry`
    const text = normalized(schema, doing)
    const versions = subjects.get(subject) ?? []
    if (!versions.includes(text)) {
      checkCanRead(text, versions.at(-1), doing)
      subjects.set(subject, [...versions, text])
    }
    return idOf(text)
  }

  function idOf(text: string): number {
    const index = schemas.indexOf(text)
    return index < 0 ? schemas.push(text) : index + 1
  }

  return {
    register: async (subject, schema) => register(subject, schema),
    schemaById: async (id) => schemas[id - 1],
  }
}

function normalized(schema: string, doing: string): string {
  try {
    return normalizedAvro(schema)
  } catch (cause) {
    const problem = `the schema is not valid Avro: ${messageOf(cause)}`
    throw registryFailed({ doing, problem, remedy: 'correct the schema', retriable: false, cause })
  }
}

function checkCanRead(next: string, previous: string | undefined, doing: string): void {
  if (previous === undefined) return
  const reason = whyUnreadable(next, previous)
  if (reason === undefined) return
  throw registryFailed({
    doing,
    problem: `the new version cannot read what the previous one wrote: ${reason}`,
    remedy: 'give each new field a default and do not change types, or use another subject',
    retriable: false,
  })
}
