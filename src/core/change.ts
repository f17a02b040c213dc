/**
 * What flows along the edges of a table: the value of a key after and before an update.
 *
 * `oldValue` is null when the key had none, and also when nobody downstream asked for old values
 * (Kafka Streams' `sendOldValues`): an operator may only read it where the plan enabled it.
 */
export interface Change<V> {
  readonly newValue: V | null
  readonly oldValue: V | null
}

export function change<V>(newValue: V | null, oldValue: V | null): Change<V> {
  return { newValue, oldValue }
}
