import { SerializationError } from '../core/errors.ts'
import { messageOf } from './message-of.ts'
import type { Serde } from './serde.ts'
import { describeIssue, type OutputOf, type StandardSchema } from './standard-schema.ts'
import { textSerde } from './text-serde.ts'
import { decodeUtf8 } from './utf8.ts'

/** When a JSON serde asks its schema. */
export interface JsonOptions {
  /**
   * When the schema is asked: on `decode` (the default), or on `both`. With `both` a value is checked before it is
   * written, and written as it is; use it only with a schema that accepts its own output (no date from a string).
   */
  readonly validate?: 'decode' | 'both'
}

const issuesShownMax = 10

/**
 * JSON as UTF-8. Without a schema nothing is checked: `T` is what you say it is.
 *
 * With a schema (zod, valibot, arktype: any Standard Schema), its output is the type, and what it refuses is an error
 * that lists path and reason of each issue. The schema must be synchronous.
 *
 * @throws SerializationError `MILLRACE_DECODE_FAILED` on bytes that are not JSON or that the schema refuses,
 *   `MILLRACE_ENCODE_FAILED` on what JSON cannot write (undefined, bigints, cycles)
 */
export function json<T = unknown>(): Serde<T>
export function json<S extends StandardSchema>(schema: S, options?: JsonOptions): Serde<OutputOf<S>>
export function json(schema?: StandardSchema, options: JsonOptions = {}): Serde<unknown> {
  if (schema === undefined) return plainJson
  const checksWrites = options.validate === 'both'
  const write = (value: unknown): string => {
    if (checksWrites) validated(schema, value, 'encode')
    return stringify(value)
  }
  return jsonSerde((text) => validated(schema, parse(text), 'decode'), write)
}

function jsonSerde(read: (text: string) => unknown, write: (value: unknown) => string): Serde<unknown> {
  return textSerde(
    {
      name: 'json',
      serialize: (value) => Buffer.from(write(value), 'utf8'),
      deserialize: (bytes) => read(decodeUtf8('json', bytes)),
    },
    // JSON.parse copies every text that it finds.
    { read, letsGo: true, write },
  )
}

const plainJson = jsonSerde(parse, stringify)

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const size = Buffer.byteLength(text)
    throw new SerializationError('decode', `the ${size} bytes are not JSON: ${messageOf(cause)}`, { cause })
  }
}

function stringify(value: unknown): string {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (cause) {
    throw new SerializationError('encode', `json cannot write the value: ${messageOf(cause)}`, { cause })
  }
  if (text === undefined) throw new SerializationError('encode', `json cannot write a value of type ${typeof value}`)
  return text
}

function validated(schema: StandardSchema, value: unknown, direction: 'decode' | 'encode'): unknown {
  const result = schema['~standard'].validate(value)
  if (result instanceof Promise) throw asynchronous(schema, result, direction)
  if (result.issues === undefined) return result.value
  const shown = result.issues.slice(0, issuesShownMax).map(describeIssue)
  const more = result.issues.length - shown.length
  throw new SerializationError(
    direction,
    `the schema (${schema['~standard'].vendor}) refuses the value: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`,
  )
}

function asynchronous(
  schema: StandardSchema,
  result: Promise<unknown>,
  direction: 'decode' | 'encode',
): SerializationError {
  // Nobody will await it, and its rejection must not end the process: the error that is returned says what is wrong.
  result.catch(() => undefined)
  return new SerializationError(
    direction,
    `the schema (${schema['~standard'].vendor}) validates asynchronously, but records are decoded synchronously; ` +
      'take asynchronous checks out of the schema and do them in mapAsync',
  )
}
