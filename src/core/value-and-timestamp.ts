/** A stored value and the event time (milliseconds since the epoch) of the record that made it. */
export interface ValueAndTimestamp<V> {
  readonly value: V
  readonly timestamp: number
}

export function valueAndTimestamp<V>(value: V, timestamp: number): ValueAndTimestamp<V> {
  return { value, timestamp }
}
