import { SerializationError } from '../core/errors.ts'
import type { Headers, RecordMetadata } from '../core/stream-record.ts'
import { streamRecord, type StreamRecord } from '../core/stream-record.ts'
import type { PlanSource } from '../planner/plan.ts'
import type { Serde } from '../serde/serde.ts'
import { textFormOf, type TextForm } from '../serde/text-serde.ts'
import type { FetchedBatch } from './port.ts'
import { withoutReplay } from './replay.ts'

/** A record as it came from Kafka. */
export interface RawRecord extends RecordMetadata {
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: Headers
}

export interface RecordQueueOptions {
  readonly source: PlanSource
  readonly partition: number
  readonly taskId: string
  readonly key: Serde<unknown>
  readonly value: Serde<unknown>
  /** Returns when the record is to be left out; throws when the app is to stop. */
  readonly onDecodeError: (error: SerializationError, record: RawRecord) => void
}

/**
 * The records of one input partition that wait to be processed. Only the head is decoded: its timestamp decides when the
 * partition's turn comes (Kafka Streams: RecordQueue). A record that cannot be decoded is left out when it reaches the head.
 */
export class RecordQueue {
  readonly topic: string
  readonly partition: number
  readonly nodeName: string
  readonly #options: RecordQueueOptions
  readonly #keyText: TextForm<unknown> | undefined
  readonly #valueText: TextForm<unknown> | undefined
  readonly #batches: FetchedBatch[] = []
  #index = 0
  #size = 0
  #partitionTime = -1
  #head: StreamRecord | null = null
  #nextOffset: number | undefined
  #committedOffset: number | undefined

  constructor(options: RecordQueueOptions) {
    this.#options = options
    this.#keyText = textFormOf(options.key)
    this.#valueText = textFormOf(options.value)
    this.topic = options.source.topic
    this.partition = options.partition
    this.nodeName = options.source.nodeName
  }

  get size(): number {
    return this.#size
  }

  /** The decoded record that is next; null when the queue is empty. */
  get head(): StreamRecord | null {
    return this.#head
  }

  enqueue(batch: FetchedBatch): void {
    if (batch.count === 0) return
    this.#batches.push(batch)
    this.#size += batch.count
    if (this.#head === null) this.#decodeHead()
  }

  /** The head as it came from Kafka: for messages, handlers and dead letters. */
  rawHead(): RawRecord {
    const batch = this.#batches[0]!
    const at = this.#index
    return {
      topic: this.topic,
      partition: this.partition,
      offset: batch.offsetAt(at),
      timestamp: batch.timestampAt(at),
      key: batch.keyAt(at),
      value: batch.valueAt(at),
      headers: batch.headersAt(at),
    }
  }

  headOffset(): number {
    return this.#batches[0]!.offsetAt(this.#index)
  }

  /** The head is done: the next record becomes the head. */
  advance(): void {
    this.#partitionTime = Math.max(this.#partitionTime, this.#head!.timestamp)
    this.#drop()
    this.#decodeHead()
  }

  /** The offset to commit, if it moved since the last commit: behind the last record that is done, or the lowest that is not. */
  offsetToCommit(lowestInFlight: number | undefined = this.#nextOffset): number | undefined {
    return lowestInFlight === this.#committedOffset ? undefined : lowestInFlight
  }

  committed(lowestInFlight: number | undefined = this.#nextOffset): void {
    this.#committedOffset = lowestInFlight
  }

  #drop(): void {
    const batch = this.#batches[0]!
    this.#nextOffset = batch.offsetAt(this.#index) + 1
    this.#size -= 1
    this.#index += 1
    if (this.#index < batch.count) return
    this.#batches.shift()
    this.#index = 0
  }

  #decodeHead(): void {
    this.#head = null
    while (this.#batches.length > 0) {
      try {
        this.#head = this.#decode(this.#batches[0]!, this.#index)
        return
      } catch (cause) {
        const raw = this.rawHead()
        this.#options.onDecodeError(this.#explain(cause, raw), raw)
        this.#drop()
      }
    }
  }

  #decode(batch: FetchedBatch, at: number): StreamRecord {
    const { source } = this.#options
    const key = this.#key(batch, at)
    const value = this.#value(batch, at)
    const headers = withoutReplay(batch.headersAt(at))
    let timestamp = batch.timestampAt(at)
    if (source.timestamp !== null)
      timestamp = source.timestamp(value, { key, timestamp, partitionTime: this.#partitionTime, headers })
    if (!Number.isFinite(timestamp) || timestamp < 0)
      throw new RangeError(`its timestamp is ${timestamp}: milliseconds since the epoch are expected`)
    return streamRecord(key, value, timestamp, headers)
  }

  #key(batch: FetchedBatch, at: number): unknown {
    const form = this.#keyText
    const text = form && batch.keyTextAt?.(at, form.letsGo)
    if (text !== undefined) return form!.read(text) ?? null
    const bytes = batch.keyAt(at)
    return bytes === null ? null : (this.#options.key.deserialize(bytes) ?? null)
  }

  #value(batch: FetchedBatch, at: number): unknown {
    const form = this.#valueText
    const text = form && batch.valueTextAt?.(at, form.letsGo)
    if (text !== undefined) return form!.read(text) ?? null
    const bytes = batch.valueAt(at)
    return bytes === null ? null : (this.#options.value.deserialize(bytes) ?? null)
  }

  #explain(cause: unknown, { topic, partition, offset }: RawRecord): SerializationError {
    const reason = cause instanceof Error ? cause.message : String(cause)
    const { key, value, taskId } = this.#options
    const message = `the record at ${topic}-${partition} offset ${offset} cannot be read (key ${key.name}, value ${value.name}): ${reason}`
    return new SerializationError('decode', message, {
      topic,
      partition,
      offset,
      nodeName: this.nodeName,
      taskId,
      cause,
    })
  }
}
