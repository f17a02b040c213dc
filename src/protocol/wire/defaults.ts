import { zeroUuid } from './primitives.ts'
import { fieldSpecs, type FieldSpec } from './field-spec.ts'

const empty = Buffer.alloc(0)
const none: readonly unknown[] = Object.freeze([])

/** What a field has when a message does not carry it. */
export function defaultOf(spec: FieldSpec): unknown {
  const { type, array, fields, defaultText } = spec
  if (defaultText === 'null' || type === 'records') return null
  if (array) return none
  if (fields !== undefined) return Object.fromEntries(fieldSpecs(fields).map((inner) => [inner.name, defaultOf(inner)]))
  switch (type) {
    case 'bool':
      return defaultText === 'true'
    case 'string':
      return defaultText === undefined || defaultText === "''" ? '' : defaultText
    case 'bytes':
      return empty
    case 'uuid':
      return zeroUuid
    default:
      return Number(defaultText ?? 0)
  }
}

/** Whether a value says no more than the default does; of a structure, what is not given has its default. */
export function isDefault(value: unknown, fallback: unknown): boolean {
  if (value === undefined || value === fallback) return true
  if (value === null || fallback === null || typeof value !== 'object' || typeof fallback !== 'object') return false
  if (Array.isArray(value) || Buffer.isBuffer(value)) return value.length === 0
  return Object.entries(fallback).every(([name, inner]) => isDefault((value as Record<string, unknown>)[name], inner))
}
