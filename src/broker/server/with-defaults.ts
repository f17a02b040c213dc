import { defaultOf } from '../../protocol/wire/defaults.ts'
import { fieldSpecs } from '../../protocol/wire/field-spec.ts'
import type { Fields } from '../../protocol/wire/message-table.ts'

export type Sparse = Readonly<Record<string, unknown>>

/** A whole structure: what is not given has its default, or is zero, false or empty, in the items of arrays too. */
export function withDefaults(fields: Fields, given: Sparse): Sparse {
  const values = fieldSpecs(fields).map((spec) => {
    const value = given[spec.name]
    const { fields: inner } = spec
    return inner !== undefined && Array.isArray(value)
      ? [spec.name, (value as Sparse[]).map((item) => withDefaults(inner, item))]
      : [spec.name, value === undefined ? defaultOf(spec) : value]
  })
  return Object.fromEntries(values) as Sparse
}
