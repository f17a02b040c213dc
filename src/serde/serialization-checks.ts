import { SerializationError } from '../core/errors.ts'

/** @throws SerializationError `MILLRACE_DECODE_FAILED` unless there are exactly `width` bytes */
export function expectWidth(name: string, bytes: Uint8Array, width: number): void {
  if (bytes.length === width) return
  throw new SerializationError(
    'decode',
    `${name} is ${width} bytes long, but there are ${bytes.length}: another serde wrote them`,
  )
}

/** For a value that the type system would have refused: JavaScript callers, casts, JSON that nobody checked. */
export function cannotEncode(name: string, wants: string, value: unknown): SerializationError {
  return new SerializationError('encode', `${name} takes ${wants}, but was given ${describe(value)}`)
}

/** What is wrong, without printing whole records into logs. */
function describe(value: unknown): string {
  if (typeof value === 'bigint') return `the bigint ${value}`
  if (typeof value === 'number') return `the number ${value}`
  if (value === null || value === undefined) return String(value)
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`
}
