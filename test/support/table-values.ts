/* Random messages of a table at a version, made by fast-check: what an encoder may be given. */
import fc from 'fast-check'
import { defaultOf } from '../../src/protocol/wire/defaults.ts'
import { fieldSpecs, includes, type FieldSpec } from '../../src/protocol/wire/field-spec.ts'
import type { Fields } from '../../src/protocol/wire/message-table.ts'

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array))
const text = fc.string({ unit: 'grapheme', maxLength: 12 })

const primitives: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -128, max: 127 }),
  int16: fc.integer({ min: -32_768, max: 32_767 }),
  int32: fc.integer({ min: -2_147_483_648, max: 2_147_483_647 }),
  int64: fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -3, max: 3 })),
  string: text,
  bytes,
  records: bytes,
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((array) => Buffer.from(array).toString('base64url')),
}

/** Every field: a random value where the version has it, its default where not. So it is what a decoder gives. */
export function messageOf(fields: Fields, version: number): fc.Arbitrary<Readonly<Record<string, unknown>>> {
  const entries = fieldSpecs(fields).map((spec) => [spec.name, fieldValue(spec, version)] as const)
  return fc.record(Object.fromEntries(entries))
}

function fieldValue(spec: FieldSpec, version: number): fc.Arbitrary<unknown> {
  if (!includes(spec.versions, version)) return fc.constant(defaultOf(spec))
  const element = spec.fields === undefined ? primitives[spec.type]! : messageOf(spec.fields, version)
  const value = spec.array ? fc.array(element, { maxLength: 3 }) : element
  const given = includes(spec.nullable, version) ? fc.option(value, { nil: null }) : value
  return spec.defaultText === undefined ? given : fc.oneof(given, fc.constant(defaultOf(spec)))
}
