import { change, type Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { JoinSide } from '../state/unmatched-store.ts'
import type { ValueJoiner } from '../topology/functions.ts'
import { keepsUnmatched, type JoinType } from './join-type.ts'
import type { Operator, OperatorContext } from './operator.ts'
import type { TableView } from './table-view.ts'

export interface TableJoinSideOptions {
  readonly type: JoinType
  readonly side: JoinSide
  /** Takes (left, right) whatever the side. */
  readonly joiner: ValueJoiner
  readonly sendOldValues: boolean
  /** This side is versioned: updates that are not its latest change nothing (KIP-914). */
  readonly dropOutOfOrder: boolean
}

/**
 * One input of a join of two tables: each of its updates is joined with what the other table holds now (Kafka
 * Streams: KTableKTable{Inner,Left,Right,Outer}Join). The result has the larger of both timestamps, so it may go
 * back in time when an out-of-order update replaces a newer value.
 *
 * A tombstone on one side with a value on the other is passed on as a tombstone (inner) even for a key that never
 * had a result. Null keys are dropped.
 */
export class TableJoinSideOperator<K, Own, Other, Out> implements Operator<K | null, Change<Own>, K, Change<Out>> {
  readonly #options: TableJoinSideOptions
  readonly #keepsOwn: boolean
  readonly #keepsOther: boolean
  readonly #other: TableView<K, Other>
  #context!: OperatorContext<K, Change<Out>>

  constructor(options: TableJoinSideOptions, deps: { readonly other: TableView<K, Other> }) {
    this.#options = options
    this.#keepsOwn = keepsUnmatched(options.type, options.side)
    this.#keepsOther = keepsUnmatched(options.type, options.side === 'left' ? 'right' : 'left')
    this.#other = deps.other
  }

  init(context: OperatorContext<K, Change<Out>>): void {
    this.#context = context
  }

  process({ key, value: update, timestamp, headers }: StreamRecord<K | null, Change<Own>>): void {
    if (key === null) return this.#context.drop('null-key')
    if (this.#options.dropOutOfOrder && update.outOfOrder) return this.#context.drop('out-of-order')
    const { newValue, oldValue } = update
    const found = this.#other.get(key)
    if (found === null && (!this.#keepsOwn || (newValue === null && oldValue === null))) return
    const other = found === null ? null : found.value
    const joinedNew = this.#joined(key, newValue, other)
    const joinedOld = this.#options.sendOldValues ? this.#joined(key, oldValue, other) : null
    const resultTimestamp = found === null ? timestamp : Math.max(timestamp, found.timestamp)
    this.#context.forward(streamRecord(key, change(joinedNew, joinedOld), resultTimestamp, headers))
  }

  #joined(key: K, own: Own | null, other: Other | null): Out | null {
    if (own === null && (other === null || !this.#keepsOther)) return null
    const { side, joiner } = this.#options
    return (side === 'left' ? joiner(own, other, key) : joiner(other, own, key)) ?? null
  }
}
