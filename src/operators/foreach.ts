import type { StreamRecord } from '../core/stream-record.ts'
import type { ForeachAction } from '../topology/functions.ts'
import type { Operator } from './operator.ts'

export interface ForeachOptions {
  readonly action: ForeachAction
}

/** The end of a stream: runs an action on each record and passes nothing on. */
export class ForeachOperator implements Operator {
  readonly #action: ForeachAction

  constructor(options: ForeachOptions) {
    this.#action = options.action
  }

  init(): void {}

  process(record: StreamRecord): void {
    this.#action(record.value, record.key)
  }
}
