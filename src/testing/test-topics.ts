import { noHeaders, type Headers } from '../core/stream-record.ts'
import type { SchemaRegistry } from '../serde/schema-registry.ts'
import type { Serde } from '../serde/serde.ts'
import type { WrittenRecord } from './driver-topics.ts'

/** With what a test writes or reads a topic. */
export interface TestTopicSerdes<K, V> {
  readonly key: Serde<K>
  readonly value: Serde<V>
}

/** Those that ask a registry know the topic first. */
export async function bindSerdes<K, V>(
  topic: string,
  { key, value }: TestTopicSerdes<K, V>,
  registry: SchemaRegistry | undefined,
): Promise<TestTopicSerdes<K, V>> {
  return {
    key: (await key.bind?.({ topic, part: 'key', registry })) ?? key,
    value: (await value.bind?.({ topic, part: 'value', registry })) ?? value,
  }
}

/** A record as tests write and read it. */
export interface TestRecord<K, V> {
  readonly key: K | null
  readonly value: V | null
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly headers?: Headers
}

/** Feeds one topic of a TopologyTestDriver. */
export class TestInputTopic<K, V> {
  readonly #serdes: TestTopicSerdes<K, V>
  readonly #pipe: (record: WrittenRecord) => void

  constructor(serdes: TestTopicSerdes<K, V>, pipe: (record: WrittenRecord) => void) {
    this.#serdes = serdes
    this.#pipe = pipe
  }

  /** Writes records one after the other, each processed to the end before the next. Null values are tombstones. */
  pipe(...records: readonly TestRecord<K, V>[]): void {
    for (const { key, value, timestamp, headers = noHeaders } of records) {
      this.#pipe({
        key: key === null ? null : this.#serdes.key.serialize(key),
        value: value === null ? null : this.#serdes.value.serialize(value),
        timestamp,
        headers,
      })
    }
  }
}

/** Reads one topic of a TopologyTestDriver. */
export class TestOutputTopic<K, V> {
  readonly #serdes: TestTopicSerdes<K, V>
  readonly #records: readonly WrittenRecord[]
  #next = 0

  constructor(serdes: TestTopicSerdes<K, V>, records: readonly WrittenRecord[]) {
    this.#serdes = serdes
    this.#records = records
  }

  /** What was written since the last call, in order. */
  read(): readonly Required<TestRecord<K, V>>[] {
    const fresh = this.#records.slice(this.#next)
    this.#next = this.#records.length
    return fresh.map(({ key, value, timestamp, headers }) => ({
      key: key === null ? null : this.#serdes.key.deserialize(key),
      value: value === null ? null : this.#serdes.value.deserialize(value),
      timestamp,
      headers,
    }))
  }
}
