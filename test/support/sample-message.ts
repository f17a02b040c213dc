import { defaultOf } from '../../src/protocol/wire/defaults.ts'
import { fieldSpecs, includes, type FieldSpec } from '../../src/protocol/wire/field-spec.ts'
import type { Fields } from '../../src/protocol/wire/message-table.ts'

export type Sample = 'full' | 'bare'

/**
 * One message of a table, always the same. `full`: no two values are alike, so that fields which change places are seen. `bare`:
 * null and empty wherever the version allows it.
 */
export function sampleMessage(fields: Fields, version: number, sample: Sample): Readonly<Record<string, unknown>> {
  let count = 0
  const struct = (inner: Fields): Readonly<Record<string, unknown>> =>
    Object.fromEntries(fieldSpecs(inner).map((spec) => [spec.name, field(spec)]))
  const field = (spec: FieldSpec): unknown => {
    if (!includes(spec.versions, version)) return defaultOf(spec)
    if (sample === 'bare' && includes(spec.nullable, version)) return null
    if (spec.array) return sample === 'bare' ? [] : [single(spec), single(spec)]
    return single(spec)
  }
  const single = (spec: FieldSpec): unknown =>
    spec.fields === undefined ? primitive(spec.type, sample === 'bare' ? 0 : ++count) : struct(spec.fields)
  return struct(fields)
}

function primitive(type: string, count: number): unknown {
  switch (type) {
    case 'bool':
      return count % 2 === 1
    case 'string':
      return count === 0 ? '' : `text ${count} \u00e4\u{1f300}`
    case 'bytes':
    case 'records':
      return Buffer.alloc(count === 0 ? 0 : 5, count)
    case 'uuid':
      return Buffer.alloc(16, count).toString('base64url')
    case 'int64':
      return count === 0 ? 0 : -(2 ** 40) - count
    case 'int32':
      return count * 65_537
    default:
      return count
  }
}
