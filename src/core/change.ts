/**
 * What flows along the edges of a table: the value of a key after and before an update.
 *
 * `oldValue` is null when the key had none, and also when nobody downstream asked for old values
 * (Kafka Streams' `sendOldValues`): an operator may only read it where the plan enabled it.
 */
export interface Change<V> {
  readonly newValue: V | null
  readonly oldValue: V | null
  /**
   * Set on an update of a versioned table that is older than what the table knows of its key (Kafka Streams: not
   * `isLatest`). Left out otherwise, so that tables without versions have one hidden class and pay nothing.
   */
  readonly outOfOrder?: true
}

export function change<V>(newValue: V | null, oldValue: V | null): Change<V> {
  return { newValue, oldValue }
}

export function outOfOrderChange<V>(newValue: V | null, oldValue: V | null): Change<V> {
  return { newValue, oldValue, outOfOrder: true }
}
