import { SerializationError } from '../core/errors.ts'
import type { StreamRecord } from '../core/stream-record.ts'
import type { Operator, OperatorContext } from '../operators/operator.ts'
import type { SinkSpec } from '../planner/operator-spec.ts'
import type { Serde } from '../serde/serde.ts'
import type { RecordCollector } from './record-collector.ts'

/** The end of a branch: values to bytes, bytes to the collector. */
export class SinkOperator implements Operator {
  readonly #spec: SinkSpec
  readonly #collector: RecordCollector
  #context!: OperatorContext

  /** @param spec with serdes that are bound to the topic */
  constructor(spec: SinkSpec, collector: RecordCollector) {
    this.#spec = spec
    this.#collector = collector
  }

  init(context: OperatorContext): void {
    this.#context = context
  }

  process({ key, value, timestamp, headers }: StreamRecord): void {
    const { topic: where, partitioner, dropNullKeys } = this.#spec
    if (key === null && dropNullKeys) return this.#context.drop('null-key')
    const topic = typeof where === 'string' ? where : where(value, key)
    const keyBytes = key === null || key === undefined ? null : encode(this.#spec.key, key, `key for ${topic}`)
    const valueBytes =
      value === null || value === undefined ? null : encode(this.#spec.value, value, `value for ${topic}`)
    const partition = partitioner === null ? null : partitioner(value, key, this.#collector.partitionCount(topic))
    this.#collector.send({
      topic,
      partition,
      key: keyBytes,
      value: valueBytes,
      timestamp,
      headers,
      nodeName: this.#context.nodeName,
    })
  }
}

function encode(serde: Serde<unknown>, value: unknown, what: string): Uint8Array {
  try {
    return serde.serialize(value)
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new SerializationError('encode', `the ${what} does not fit ${serde.name}: ${reason}`, { cause })
  }
}
