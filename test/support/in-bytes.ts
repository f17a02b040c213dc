import { payloadBytes, type Payload } from '../../src/core/payload.ts'

export type InBytes<R> = Omit<R, 'key' | 'value'> & {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
}

/** The record as a topic holds it. */
export function inBytes<R extends { readonly key: Payload | null; readonly value: Payload | null }>(
  record: R,
): InBytes<R> {
  const { key, value } = record
  return {
    ...record,
    key: key === null ? null : payloadBytes(key),
    value: value === null ? null : payloadBytes(value),
  }
}
