import type { Serde } from '../serde/serde.ts'
import type { ValueMapper } from './functions.ts'
import type { NodeBase } from './node.ts'

export interface DedupeNode extends NodeBase {
  readonly kind: 'dedupe'
  readonly idOf: ValueMapper
  readonly withinMs: number
  readonly late: 'pass' | 'drop'
  readonly key: Serde<any> | null
  readonly value: Serde<any> | null
  readonly idSerde: Serde<any>
}
