/** A record's headers in their order on the wire; a name may occur more than once. Values may be null. */
export type Headers = readonly (readonly [name: string, value: Uint8Array | null])[]

export const noHeaders: Headers = Object.freeze([])

/** One record on its way through a task. Never changed in place: an operator makes a new one. */
export interface StreamRecord<K = unknown, V = unknown> {
  readonly key: K
  readonly value: V
  /** Event time in milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers: Headers
}

/** The only way to make one, so that every record has the same hidden class. */
export function streamRecord<K, V>(
  key: K,
  value: V,
  timestamp: number,
  headers: Headers = noHeaders,
): StreamRecord<K, V> {
  return { key, value, timestamp, headers }
}

/** Where the record that is being processed came from. */
export interface RecordMetadata {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}
