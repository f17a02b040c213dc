import { asBuffer } from '../serde/as-buffer.ts'

/** A value as JSON that a person can read: bytes as base64, bigints as texts. */
export function readable(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return asBuffer(value).toString('base64')
  if (Array.isArray(value)) return value.map(readable)
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, readable(inner)]))
}
