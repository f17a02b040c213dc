import type { StreamRecord } from '../core/stream-record.ts'
import type { Operator, OperatorContext } from './operator.ts'

/** Hands every record on as it is: sources, merges, branches. */
export class PassOperator implements Operator {
  #context!: OperatorContext

  init(context: OperatorContext): void {
    this.#context = context
  }

  process(record: StreamRecord): void {
    this.#context.forward(record)
  }
}
