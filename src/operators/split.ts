import type { StreamRecord } from '../core/stream-record.ts'
import type { Predicate } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface SplitOptions {
  /** Null holds always. */
  readonly predicates: readonly (Predicate | null)[]
}

/**
 * Sends each record to one child: that of the first predicate that holds. A record for which none holds ends here and
 * is not counted as dropped (Kafka Streams: KStreamBranch).
 */
export class SplitOperator implements Operator {
  readonly #predicates: readonly (Predicate | null)[]
  #context!: OperatorContext

  constructor(options: SplitOptions) {
    this.#predicates = options.predicates
  }

  init(context: OperatorContext): void {
    this.#context = context
  }

  process(record: StreamRecord): void {
    const child = this.#predicates.findIndex((holds) => holds === null || holds(record.value, record.key))
    if (child >= 0) this.#context.forwardTo(child, record)
  }
}
