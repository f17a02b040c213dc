import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { ForeachAction, KeyValueMapper, Predicate, ValueMapper } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'
import { StepError } from './step-error.ts'

export type FusedStep =
  | { readonly kind: 'filter'; readonly name: string; readonly predicate: Predicate; readonly negate: boolean }
  | { readonly kind: 'map'; readonly name: string; readonly mapper: KeyValueMapper }
  | { readonly kind: 'map-values'; readonly name: string; readonly mapper: ValueMapper }
  | { readonly kind: 'select-key'; readonly name: string; readonly mapper: ValueMapper }
  | { readonly kind: 'peek'; readonly name: string; readonly action: ForeachAction }

export interface FusedOptions {
  readonly steps: readonly FusedStep[]
}

/**
 * A chain of stateless steps run as one: key and value go through local variables and at most one record is made at the
 * end, none when nothing changed. A step that throws surfaces as a StepError with the step's name.
 */
export class FusedOperator implements Operator {
  readonly #steps: readonly FusedStep[]
  #context!: OperatorContext

  constructor(options: FusedOptions) {
    this.#steps = options.steps
  }

  init(context: OperatorContext): void {
    this.#context = context
  }

  process(record: StreamRecord): void {
    const result = this.#run(record)
    // Outside of the steps' try: an error from downstream is not this chain's.
    if (result !== null) this.#context.forward(result)
  }

  #run(record: StreamRecord): StreamRecord | null {
    let { key, value } = record
    let index = 0
    try {
      for (; index < this.#steps.length; index++) {
        const step = this.#steps[index]!
        switch (step.kind) {
          case 'filter':
            // As in JavaScript's own filter any truthy answer holds, also where types were not checked.
            if (Boolean(step.predicate(value, key)) === step.negate) return null
            break
          case 'map':
            ;({ key = null, value = null } = step.mapper(value, key))
            break
          case 'map-values':
            value = step.mapper(value, key) ?? null
            break
          case 'select-key':
            key = step.mapper(value, key) ?? null
            break
          case 'peek':
            step.action(value, key)
        }
      }
    } catch (cause) {
      throw new StepError(this.#steps[index]!.name, cause)
    }
    if (key === record.key && value === record.value) return record
    return streamRecord(key, value, record.timestamp, record.headers)
  }
}
