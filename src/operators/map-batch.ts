import type { Timer } from '../core/clock.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { BatchMapper } from '../topology/async-functions.ts'
import type { AsyncSettings } from '../topology/async-nodes.ts'
import type { AsyncLane, AsyncServices, HeldRecord } from './async-lane.ts'
import type { Operator, OperatorContext } from './operator.ts'

export interface MapBatchOptions extends AsyncSettings {
  readonly mapper: BatchMapper
  readonly maxRecords: number
  /** 0: a batch waits for nothing but the records at hand. */
  readonly maxWaitMs: number
}

/** Gathers records and makes one call for all of them; results come out in the order of the records. */
export class MapBatchOperator implements Operator {
  readonly #options: MapBatchOptions
  readonly #services: AsyncServices
  #context!: OperatorContext
  #lane!: AsyncLane
  #open: HeldRecord[] = []
  #timer: Timer | undefined

  constructor(options: MapBatchOptions, deps: { readonly services: AsyncServices }) {
    this.#options = options
    this.#services = deps.services
  }

  init(context: OperatorContext): void {
    this.#context = context
    this.#lane = this.#services.lane({
      ...this.#options,
      nodeName: context.nodeName,
      order: 'partition',
      workMax: this.#options.concurrency + 1, // the next one is gathered and full when a call ends
      onIdle: (draining) => {
        if (draining || this.#options.maxWaitMs === 0) this.#submit()
      },
    })
  }

  process(record: StreamRecord): void {
    const { maxRecords, maxWaitMs } = this.#options
    this.#open.push(this.#lane.hold(record))
    if (this.#open.length >= maxRecords) this.#submit()
    else if (maxWaitMs > 0) this.#timer ??= this.#lane.later(maxWaitMs, () => this.#submit())
  }

  close(): void {
    this.#timer?.cancel()
  }

  #submit(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#open.length === 0) return
    const held = this.#open
    this.#open = []
    const records = Object.freeze(held.map(({ record }) => record))
    this.#lane.submit<readonly unknown[]>({
      held,
      call: (attempt) => this.#options.mapper(records, attempt),
      check: (results) => checkLength(results, records.length),
      emit: (results, index) => {
        const { key, timestamp, headers } = records[index]!
        this.#context.forward(streamRecord(key, results[index] ?? null, timestamp, headers))
      },
    })
  }
}

function checkLength(results: unknown, expected: number): void {
  if (Array.isArray(results) && results.length === expected) return
  const got = Array.isArray(results) ? `${results.length} results` : 'no list of results'
  throw new RangeError(`it gave ${got} for a batch of ${expected} records: one for each, in their order, is expected`)
}
