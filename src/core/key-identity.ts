/**
 * What is the same for equal keys, to be used in a Map: a key as it is, or a text for what is no plain value. Two different keys
 * may share one (an object that hides its content), which costs order nothing; equal ones never have two.
 */
export function keyIdentity(key: unknown): unknown {
  if (typeof key !== 'object' || key === null) return key
  return JSON.stringify(key, withoutOrder)
}

/** `{ a, b }` and `{ b, a }` are one key; what JSON has no form for gets one. */
function withoutOrder(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  if (value instanceof Map || value instanceof Set) return [...value]
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
