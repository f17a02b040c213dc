import { SerializationError } from '../core/errors.ts'
import type { Payload } from '../core/payload.ts'
import type { StreamRecord } from '../core/stream-record.ts'
import type { Operator, OperatorContext } from '../operators/operator.ts'
import type { SinkSpec } from '../planner/operator-spec.ts'
import type { RecordPart } from '../serde/serde.ts'
import { payloadWriter } from '../serde/text-serde.ts'
import type { RecordCollector } from './record-collector.ts'

/** The end of a branch: values to bytes, bytes to the collector. */
export class SinkOperator implements Operator {
  readonly #spec: SinkSpec
  readonly #collector: RecordCollector
  readonly #writeKey: (key: unknown) => Payload
  readonly #writeValue: (value: unknown) => Payload
  #context!: OperatorContext

  /** @param spec with serdes that are bound to the topic */
  constructor(spec: SinkSpec, collector: RecordCollector) {
    this.#spec = spec
    this.#collector = collector
    this.#writeKey = payloadWriter(spec.key)
    this.#writeValue = payloadWriter(spec.value)
  }

  init(context: OperatorContext): void {
    this.#context = context
  }

  process({ key, value, timestamp, headers }: StreamRecord): void {
    const { topic: where, partitioner, dropNullKeys } = this.#spec
    if (key === null && dropNullKeys) return this.#context.drop('null-key')
    const topic = typeof where === 'string' ? where : selected(where(value, key))
    const partition = partitioner === null ? null : this.#partition(topic, key, value)
    const keyPayload = this.#encode('key', key, topic)
    const valuePayload = this.#encode('value', value, topic)
    const { nodeName } = this.#context
    this.#collector.send({ topic, partition, key: keyPayload, value: valuePayload, timestamp, headers, nodeName })
  }

  #partition(topic: string, key: unknown, value: unknown): number {
    const count = this.#collector.partitionCount(topic)
    const partition = this.#spec.partitioner!(value, key, count)
    if (Number.isInteger(partition) && partition >= 0 && partition < count) return partition
    throw new RangeError(`the partitioner returned ${String(partition)}, and ${topic} has partitions 0 to ${count - 1}`)
  }

  #encode(part: RecordPart, value: unknown, topic: string): Payload | null {
    if (value === null) return null
    try {
      return part === 'key' ? this.#writeKey(value) : this.#writeValue(value)
    } catch (cause) {
      const message = `the ${part} for ${topic} does not fit ${this.#spec[part].name}: ${cause instanceof Error ? cause.message : String(cause)}`
      throw new SerializationError('encode', message, { nodeName: this.#context.nodeName, cause })
    }
  }
}

function selected(topic: unknown): string {
  if (typeof topic === 'string' && topic !== '') return topic
  throw new TypeError(`the function that names the topic returned ${topic === '' ? 'an empty text' : String(topic)}`)
}
