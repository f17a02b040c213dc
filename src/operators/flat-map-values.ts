import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { FlatValueMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface FlatMapValuesOptions {
  readonly mapper: FlatValueMapper
}

/** One record in, any number out, each with the key, timestamp and headers of the one that came in. */
export class FlatMapValuesOperator implements Operator {
  readonly #mapper: FlatValueMapper
  #context!: OperatorContext

  constructor(options: FlatMapValuesOptions) {
    this.#mapper = options.mapper
  }

  init(context: OperatorContext): void {
    this.#context = context
  }

  process(record: StreamRecord): void {
    for (const value of this.#mapper(record.value, record.key)) {
      this.#context.forward(streamRecord(record.key, value ?? null, record.timestamp, record.headers))
    }
  }
}
