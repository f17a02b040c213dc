import type { Type } from 'avsc'
import { ConfigError, SerializationError, TopologyError } from '../core/errors.ts'
import { avroSchemaJson, avroType, type AvroSchema, type AvroTypeOptions } from './avro-type.ts'
import { boundAvro } from './bound-avro.ts'
import { messageOf } from './message-of.ts'
import type { SchemaRegistry } from './schema-registry.ts'
import type { Serde, SerdeEnvironment } from './serde.ts'

/** How Avro values look in TypeScript, and where their schema is registered. */
export interface AvroOptions extends AvroTypeOptions {
  /** The registry's subject; `<topic>-key` or `<topic>-value` by default. */
  readonly subject?: string
}

/**
 * Avro with a schema registry, in Confluent's wire format. `T` is what you say it is: the schema is JSON, not a type.
 *
 * Before the first record the schema is registered under its subject, and the registry refuses one that breaks the
 * subject's compatibility rule. Records written with another version of the schema are read into this one, as Avro's
 * schema resolution does: new fields get their defaults, removed ones are dropped, ints grow to longs.
 *
 * @throws TopologyError `MILLRACE_TOPOLOGY_INVALID` when the schema is not Avro. At start: ConfigError
 *   `MILLRACE_CONFIG_INVALID` without a registry, BrokerError `MILLRACE_REGISTRY_FAILED` when it cannot be reached or
 *   refuses. Per record: SerializationError `MILLRACE_DECODE_FAILED`, `MILLRACE_ENCODE_FAILED`
 */
export function avro<T = unknown>(schema: AvroSchema, options: AvroOptions = {}): Serde<T> {
  const { type, text } = parseOrExplain(schema, options)
  const name = `avro(${type.name ?? type.typeName})`
  return {
    name,
    serialize() {
      throw new SerializationError('encode', `${name} is not ready: bind it to a topic and a registry first`)
    },
    deserialize() {
      throw new SerializationError('decode', `${name} is not ready: bind it to a topic and a registry first`)
    },
    async bind(environment) {
      const registry = registryOf(environment, name)
      const subject = options.subject ?? `${environment.topic}-${environment.part}`
      const schemaId = await registry.register(subject, text)
      return boundAvro<T>({ name, type, options, registry, schemaId, topic: environment.topic })
    },
  }
}

function parseOrExplain(schema: AvroSchema, options: AvroOptions): { readonly type: Type; readonly text: string } {
  try {
    const json = avroSchemaJson(schema)
    return { type: avroType(json, options), text: JSON.stringify(json) }
  } catch (cause) {
    const problem = `the schema is not valid Avro: ${messageOf(cause)}`
    throw new TopologyError([{ path: 'avro()', problem, remedy: 'correct the schema' }])
  }
}

function registryOf({ registry, topic, part }: SerdeEnvironment, name: string): SchemaRegistry {
  if (registry !== undefined) return registry
  throw new ConfigError([
    {
      path: `the ${part} of topic ${topic}`,
      problem: `its serde ${name} needs a schema registry, and none is configured`,
      remedy: 'give the app one: confluentRegistry({ url }), or memoryRegistry() in tests',
    },
  ])
}
