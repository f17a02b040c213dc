/* The tables of messages against the definitions that Kafka generates its own classes from; they are in kafka-clients.jar. */
import { readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { messages, type ApiName } from '../../src/protocol/messages/messages.ts'
import { defaultOf } from '../../src/protocol/wire/defaults.ts'
import { fieldSpecs, type VersionRange } from '../../src/protocol/wire/field-spec.ts'
import type { Fields } from '../../src/protocol/wire/message-table.ts'
import { kafkaJars, kafkaVersion } from '../../src/testing/kafka-jars.ts'
import { kafkaName, tables } from '../conformance/messages/message-cases.ts'
import { jarEntries } from '../support/jar-entries.ts'
import { readNotDone } from '../support/not-done.ts'

interface Definition {
  readonly name: string
  readonly apiKey?: number
  readonly validVersions: string
  readonly flexibleVersions: string
  readonly fields: readonly DefinedField[]
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly DefinedField[] }[]
}

interface DefinedField {
  readonly name: string
  readonly type: string
  readonly versions: string
  readonly nullableVersions?: string
  readonly default?: string | number | boolean
  readonly tag?: number
  readonly taggedVersions?: string
  readonly ignorable?: boolean
  readonly fields?: readonly DefinedField[]
}

/** From two slashes to the end of the line, but not inside of a text, which is kept. */
const comments = /("(?:[^"\\]|\\.)*")|\/\/.*$/gm

const definitions = new Map<string, Definition>()

beforeAll(async () => {
  const libs = await kafkaJars(resolve('.cache', `kafka-${kafkaVersion}`))
  const jar = readdirSync(libs).find((name) => name.startsWith('kafka-clients-'))!
  for (const text of jarEntries(join(libs, jar), /^common\/message\/\w+\.json$/).values()) {
    const definition = JSON.parse(text.replaceAll(comments, '$1')) as Definition
    definitions.set(definition.name, definition)
  }
})

/** What both sides say about a field, in the same words. */
interface Described {
  readonly name: string
  readonly type: string
  readonly array: boolean
  readonly versions: VersionRange
  readonly nullable: VersionRange | undefined
  readonly fallback: unknown
  readonly tag: number | undefined
  /** Undefined where it makes no difference: the field is always there. */
  readonly ignorable: boolean | undefined
  readonly fields: readonly Described[]
}

function ours(fields: Fields, within: VersionRange): readonly Described[] {
  return fieldSpecs(fields).map((spec) => {
    const versions = clip(spec.versions, within)!
    const { name, type, array, tag } = spec
    const inner = spec.fields === undefined ? [] : ours(spec.fields, versions)
    const fallback = inner.length > 0 && !array ? undefined : defaultOf(spec)
    const ignorable = isAlways(versions, within) ? undefined : spec.ignorable
    return {
      name,
      type,
      array,
      versions,
      nullable: clip(spec.nullable, versions),
      fallback,
      tag,
      ignorable,
      fields: inner,
    }
  })
}

function theirs(message: string, fields: readonly DefinedField[], within: VersionRange): readonly Described[] {
  return fields.flatMap((field) => {
    const versions = clip(versionRange(field.versions), within)
    if (versions === undefined) return []
    const [array, type] = [field.type.startsWith('[]'), field.type.replace('[]', '')]
    const struct = field.fields ?? definitions.get(message)?.commonStructs?.find(({ name }) => name === type)?.fields
    if (field.tag !== undefined) expect(clip(versionRange(field.taggedVersions), within)).toEqual(versions)
    return {
      name: field.name[0]!.toLowerCase() + field.name.slice(1),
      type: struct === undefined ? type : '{}',
      array,
      versions,
      nullable: clip(versionRange(field.nullableVersions), versions),
      fallback: struct !== undefined && !array ? undefined : kafkaDefault(field),
      tag: field.tag,
      ignorable: isAlways(versions, within) ? undefined : field.ignorable === true,
      fields: struct === undefined ? [] : theirs(message, struct, versions),
    }
  })
}

function kafkaDefault({ type, default: given }: DefinedField): unknown {
  if (given === 'null' || type === 'records') return null
  if (type.startsWith('[]')) return []
  switch (type) {
    case 'bool':
      return String(given) === 'true'
    case 'string':
      return given ?? ''
    case 'bytes':
      return Buffer.alloc(0)
    case 'uuid':
      return 'A'.repeat(22)
    default:
      return Number(given ?? 0)
  }
}

/** Both ends included; undefined for none. */
function versionRange(text: string | undefined): VersionRange | undefined {
  if (text === undefined || text === 'none') return undefined
  if (text.endsWith('+')) return [Number(text.slice(0, -1)), Infinity]
  const [first, last = first] = text.split('-').map(Number)
  return [first!, last!]
}

function clip(range: VersionRange | undefined, within: VersionRange): VersionRange | undefined {
  if (range === undefined) return undefined
  const [first, last] = [Math.max(range[0], within[0]), Math.min(range[1], within[1])]
  return first > last ? undefined : [first, last]
}

function isAlways(versions: VersionRange, within: VersionRange): boolean {
  return versions[0] === within[0] && versions[1] === within[1]
}

test.each(tables)("$name has the versions, the fields and the defaults of Kafka's definition", (table) => {
  const { name, fields, versions, flexible } = table
  const definition = definitions.get(name)!
  expect(clip(versionRange(definition.validVersions), versions)).toEqual(versions)
  expect(clip(versionRange(definition.flexibleVersions), versions)).toEqual(clip([flexible, Infinity], versions))
  const named = ours(fields, versions).map((field) => ({ ...field, name: kafkaName(name, field.name) }))
  expect(named).toEqual(theirs(name, definition.fields, versions))
})

test('the keys are those of Kafka', () => {
  const keys = (Object.keys(messages) as ApiName[]).map((api) => [api, messages[api].key])
  expect(keys).toEqual(keys.map(([api]) => [api, definitions.get(`${api}Request`)?.apiKey]))
})

test('NOT-DONE.md of the broker has the names and versions of all requests that Kafka has for brokers or controllers', () => {
  const { served, unserved } = readNotDone()
  const ofKafka = [...definitions.values()].filter(
    ({ name, validVersions }) => name.endsWith('Request') && validVersions !== 'none',
  )
  const requests = new Map(ofKafka.map(({ apiKey, name, validVersions }) => [apiKey, { name, validVersions }]))
  for (const { key, name } of [...served, ...unserved]) expect(requests.get(key)?.name).toBe(`${name}Request`)
  for (const { key, kafka } of served) expect(kafka).toBe(requests.get(key)?.validVersions)
  expect(served.length + unserved.length).toBe(requests.size)
})
