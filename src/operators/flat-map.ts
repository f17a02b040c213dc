import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { FlatMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface FlatMapOptions {
  readonly mapper: FlatMapper
}

/** One record in, any number out, each with the timestamp and headers of the one that came in. */
export class FlatMapOperator implements Operator {
  readonly #mapper: FlatMapper
  #context!: OperatorContext

  constructor(options: FlatMapOptions) {
    this.#mapper = options.mapper
  }

  init(context: OperatorContext): void {
    this.#context = context
  }

  process(record: StreamRecord): void {
    for (const { key = null, value = null } of this.#mapper(record.value, record.key)) {
      this.#context.forward(streamRecord(key, value, record.timestamp, record.headers))
    }
  }
}
