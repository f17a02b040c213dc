import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { StreamBufferStore } from '../state/stream-buffer-store.ts'
import type { ValueJoiner } from '../topology/functions.ts'
import type { Operator, OperatorContext } from './operator.ts'
import type { TableView } from './table-view.ts'

export interface StreamTableGraceJoinOptions {
  readonly type: 'inner' | 'left'
  readonly joiner: ValueJoiner
  readonly graceMs: number
}

interface Deps<K, V, T> {
  readonly table: TableView<K, T>
  readonly buffer: StreamBufferStore<K, V>
}

/**
 * Joins stream records with a versioned table as it was at their time, after waiting for late updates of the table
 * (KIP-923; Kafka Streams: KStreamKTableJoinProcessor with a buffer). A record waits until the stream time of this stream
 * minus grace reaches it, and goes out in the order of time; one that is older already is joined at once.
 *
 * A null key in a left join is joined with null at once: no update of the table can change its result, so it has nothing
 * to wait for. Kafka Streams dies of it.
 */
export class StreamTableGraceJoinOperator<K, V, T, Out> implements Operator<K | null, V | null, K | null, Out> {
  readonly #options: StreamTableGraceJoinOptions
  readonly #table: TableView<K, T>
  readonly #buffer: StreamBufferStore<K, V>
  #context!: OperatorContext<K | null, Out>

  constructor(options: StreamTableGraceJoinOptions, deps: Deps<K, V, T>) {
    this.#options = options
    this.#table = deps.table
    this.#buffer = deps.buffer
  }

  init(context: OperatorContext<K | null, Out>): void {
    this.#context = context
  }

  process({ key, value, timestamp, headers }: StreamRecord<K | null, V | null>): void {
    if (value === null) return this.#context.drop(key === null ? 'null-key' : 'null-value')
    if (key === null) {
      if (this.#options.type === 'inner') return this.#context.drop('null-key')
      return this.#forward(streamRecord(key, value, timestamp, headers), null)
    }
    const record = streamRecord(key, value, timestamp, headers)
    const { graceMs } = this.#options
    if (timestamp < this.#buffer.streamTime - graceMs) return this.#join(record)
    this.#buffer.put(record)
    this.#joinDue()
  }

  elapse(): void {
    this.#joinDue()
  }

  get isHolding(): boolean {
    return this.#buffer.entryCount > 0
  }

  #joinDue(): void {
    const until = this.#buffer.streamTime - this.#options.graceMs
    for (let due = this.#buffer.takeUntil(until); due !== null; due = this.#buffer.takeUntil(until)) this.#join(due)
  }

  #join(record: StreamRecord<K, V>): void {
    const found = this.#table.get(record.key, record.timestamp)
    if (found !== null || this.#options.type === 'left') this.#forward(record, found?.value ?? null)
  }

  #forward({ key, value, timestamp, headers }: StreamRecord<K | null, V>, right: T | null): void {
    this.#context.forward(streamRecord(key, this.#options.joiner(value, right, key), timestamp, headers))
  }
}
