import type { Change } from '../core/change.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { Operator, OperatorContext } from './operator.ts'

/** Passes on the new values of a table's updates; tombstones become null values. */
export class TableToStreamOperator<K, V> implements Operator<K, Change<V>, K, V | null> {
  #context!: OperatorContext<K, V | null>

  init(context: OperatorContext<K, V | null>): void {
    this.#context = context
  }

  process({ key, value, timestamp, headers }: StreamRecord<K, Change<V>>): void {
    this.#context.forward(streamRecord(key, value.newValue, timestamp, headers))
  }
}
