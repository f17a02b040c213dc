import { assert } from '../../core/assert.ts'
import type { Fields } from './message-table.ts'

/** The first and the last version, both included. */
export type VersionRange = readonly [number, number]

/** A field of a table, read. */
export interface FieldSpec {
  readonly name: string
  /** A primitive type, or `{}` for a structure. */
  readonly type: string
  readonly array: boolean
  /** The fields of a structure. */
  readonly fields: Fields | undefined
  readonly nullable: VersionRange | undefined
  readonly versions: VersionRange
  /** As the table has it. */
  readonly defaultText: string | undefined
  readonly tag: number | undefined
  readonly ignorable: boolean
}

const always: VersionRange = [0, Infinity]
const pattern =
  /^(?<type>[a-z0-9]+|(?=\[\])|\{\})(?<array>\[\])?(?<nullable>\?(?<nulls>[\d+-]+)?)?(?: (?<versions>\d[\d+-]*))?(?: = (?<fallback>\S+))?(?: tag:(?<tag>\d+))?(?<ignorable> ignorable)?$/

const read = new WeakMap<Fields, readonly FieldSpec[]>()

export function fieldSpecs(fields: Fields): readonly FieldSpec[] {
  let specs = read.get(fields)
  if (specs === undefined) {
    specs = Object.entries(fields)
      .filter(([name]) => name !== '$')
      .map(([name, field]) => fieldSpec(name, field))
    read.set(fields, specs)
  }
  return specs
}

function fieldSpec(name: string, field: string | Fields): FieldSpec {
  const text = typeof field === 'string' ? field : field['$']
  const parts = typeof text === 'string' ? pattern.exec(text)?.groups : undefined
  assert(parts !== undefined, () => `the field ${name} of a table cannot be read`)
  return {
    name,
    type: parts['type'] || '{}',
    array: parts['array'] !== undefined,
    fields: typeof field === 'string' ? undefined : field,
    nullable: parts['nullable'] === undefined ? undefined : versionRange(parts['nulls']),
    versions: versionRange(parts['versions']),
    defaultText: parts['fallback'],
    tag: parts['tag'] === undefined ? undefined : Number(parts['tag']),
    ignorable: parts['ignorable'] !== undefined,
  }
}

function versionRange(text: string | undefined): VersionRange {
  if (text === undefined) return always
  const [first = '', last = first] = text.split('-')
  return first.endsWith('+') ? [Number(first.slice(0, -1)), Infinity] : [Number(first), Number(last)]
}

export function includes(range: VersionRange | undefined, version: number): boolean {
  return range !== undefined && version >= range[0] && version <= range[1]
}
