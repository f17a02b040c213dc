import { payloadBytes, type Payload } from '../core/payload.ts'
import type { Headers } from '../core/stream-record.ts'
import type { FetchedBatch } from '../runtime/port.ts'
import type { CollectedRecord } from '../runtime/record-collector.ts'
import { asBuffer } from '../serde/as-buffer.ts'
import { memoryBatch } from './memory-batch.ts'

/** A record that the topology wrote, in bytes. */
export interface WrittenRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestamp: number
  readonly headers: Headers
}

/** The topics of a test driver, of one partition each: what the topology wrote, and how far each was read. */
export class DriverTopics {
  readonly #written = new Map<string, WrittenRecord[]>()
  readonly #offsets = new Map<string, number>()

  /** Grows as more is written. */
  written(topic: string): readonly WrittenRecord[] {
    return this.#records(topic)
  }

  /** @returns the record as it lies in its topic: what it was made of may be written over */
  write({ topic, key, value, timestamp, headers }: CollectedRecord): WrittenRecord {
    const record = { key: copy(key), value: copy(value), timestamp, headers }
    this.#records(topic).push(record)
    return record
  }

  /** As it is fetched, with the next offset of its topic. */
  fetched(topic: string, { key, value, timestamp, headers }: WrittenRecord): FetchedBatch {
    const offset = this.#offsets.get(topic) ?? 0
    this.#offsets.set(topic, offset + 1)
    return memoryBatch({ topic, partition: 0 }, [{ offset, key, value, timestamp, headers }])
  }

  #records(topic: string): WrittenRecord[] {
    const records = this.#written.get(topic) ?? []
    this.#written.set(topic, records)
    return records
  }
}

function copy(payload: Payload | null): Uint8Array | null {
  if (payload === null) return null
  return typeof payload === 'string' ? payloadBytes(payload) : Buffer.from(asBuffer(payload))
}
