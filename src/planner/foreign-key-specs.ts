import type { Serde } from '../serde/serde.ts'
import type { ValueJoiner, ValueMapper } from '../topology/functions.ts'
import type { ViewSpec } from './view-spec.ts'

/**
 * The four parts of a foreign-key join, two topics between them: left subscribes, right receives subscriptions and sends its own
 * updates, left resolves the answers.
 */
export interface ForeignKeySubscribeSpec {
  readonly kind: 'foreign-key-subscribe'
  readonly type: 'inner' | 'left'
  readonly foreignKey: ValueMapper
  /** For comparing and hashing, as `valueSerde`: both are bound to `hashTopic`, which is only a name (as in Kafka Streams). */
  readonly foreignKeySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly hashTopic: string
  readonly dropOutOfOrder: boolean
}
export interface ForeignKeyReceiveSpec {
  readonly kind: 'foreign-key-receive'
  readonly store: string
  readonly right: ViewSpec
  readonly foreignKeySerde: Serde<unknown>
  readonly hashTopic: string
}
export interface ForeignKeyUpdateSpec {
  readonly kind: 'foreign-key-update'
  readonly store: string
  readonly dropOutOfOrder: boolean
  readonly foreignKeySerde: Serde<unknown>
  readonly hashTopic: string
}
export interface ForeignKeyResolveSpec {
  readonly kind: 'foreign-key-resolve'
  readonly type: 'inner' | 'left'
  readonly joiner: ValueJoiner
  readonly left: ViewSpec
  readonly foreignKey: ValueMapper
  readonly foreignKeySerde: Serde<unknown>
  readonly valueSerde: Serde<unknown>
  readonly hashTopic: string
}
