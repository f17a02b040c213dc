import { streamRecord, type RecordMetadata, type StreamRecord } from '../core/stream-record.ts'
import type {
  AsyncContext,
  AsyncKeyValueMapper,
  AsyncOrder,
  AsyncValueMapper,
  AttemptContext,
} from '../topology/async-functions.ts'
import type { AsyncSettings } from '../topology/async-nodes.ts'
import type { KeyValue } from '../topology/functions.ts'
import type { AsyncLane, AsyncServices } from './async-lane.ts'
import type { Operator, OperatorContext } from './operator.ts'

export type MapAsyncOptions = AsyncSettings & { readonly order: AsyncOrder } & (
    | { readonly valuesOnly: false; readonly mapper: AsyncKeyValueMapper }
    | { readonly valuesOnly: true; readonly mapper: AsyncValueMapper }
  )

/** How much may be here for each call that may be under way: what waits for its turn lets other keys overtake. */
const workPerCall = 4

/** A call for each record; its result comes out later, with the record's timestamp and headers, in the order asked for. */
export class MapAsyncOperator implements Operator {
  readonly #options: MapAsyncOptions
  readonly #services: AsyncServices
  #context!: OperatorContext
  #lane!: AsyncLane

  constructor(options: MapAsyncOptions, deps: { readonly services: AsyncServices }) {
    this.#options = options
    this.#services = deps.services
  }

  init(context: OperatorContext): void {
    this.#context = context
    const workMax = this.#options.concurrency * workPerCall
    this.#lane = this.#services.lane({ ...this.#options, nodeName: context.nodeName, workMax })
  }

  process(record: StreamRecord): void {
    const { value, key, timestamp, headers } = record
    const { metadata } = this.#context
    this.#lane.submit({
      held: [this.#lane.hold(record)],
      key,
      call: (attempt) => this.#options.mapper(value, key, contextOf(attempt, record, metadata)),
      emit: (result) => {
        const { key: newKey = null, value: newValue = null } = this.#options.valuesOnly
          ? { key, value: result }
          : (result as KeyValue<unknown, unknown>)
        this.#context.forward(streamRecord(newKey, newValue, timestamp, headers))
      },
    })
  }
}

function contextOf(
  { signal, attempt }: AttemptContext,
  { timestamp, headers }: StreamRecord,
  metadata: RecordMetadata | undefined,
): AsyncContext {
  return { signal, attempt, timestamp, headers, metadata }
}
