import { json, string, topology, type Serde, type Topology } from 'millrace'
import { createTestDriver, type TopologyTestDriver } from 'millrace/testing'
import type { Headers } from '../../../src/core/stream-record.ts'
import { readLetter, type Letter } from '../../../src/runtime/letter.ts'
import type { OutgoingRecord } from '../../../src/runtime/port.ts'
import { memoryBatch } from '../../../src/testing/memory-batch.ts'
import { inBytes } from '../../support/in-bytes.ts'

const serdes: { readonly key: Serde<string>; readonly value: Serde<number> } = {
  key: string(),
  value: json<number>(),
}

/** Values on which the operators throw, by operator; mended by taking them out. */
export interface Poison {
  readonly first: Set<number>
  readonly second: Set<number>
}

function throwing(poison: ReadonlySet<number>): (value: number) => number {
  return (value) => {
    if (poison.has(value)) throw new RangeError(`${value} is poisoned`)
    return value
  }
}

/** Three branches, of which two park; the second makes two records of each. */
export function branches({ first, second }: Poison): Topology {
  return topology('branches', (builder) => {
    const stream = builder.stream('in', serdes)
    stream.to('before', serdes)
    stream
      .flatMapValues((value) => [value, value + 0.5])
      .mapValues(throwing(first), { onError: 'park' })
      .to('middle', serdes)
    stream.mapValues(throwing(second), { onError: 'park' }).to('behind', serdes)
  })
}

export interface ParkingRig {
  readonly driver: TopologyTestDriver
  pipe(key: string | null, value: number, headers?: Headers): void
  send(record: OutgoingRecord): void
  /** Letters that came since the last call. */
  letters(): readonly Letter[]
  /** All that came out for a key. */
  values(topic: string, key: string): readonly number[]
}

export async function parkingRig(declared: Topology): Promise<ParkingRig> {
  const driver = await createTestDriver(declared, { deadLetterTopic: 'dead' })
  const outputs = new Map<string, { key: string | null; value: number | null }[]>()
  const readers = new Map(
    await Promise.all(
      ['before', 'middle', 'behind', 'out'].map(
        async (topic) => [topic, await driver.outputTopic(topic, serdes)] as const,
      ),
    ),
  )
  const raw = {
    name: 'raw',
    serialize: (bytes: Uint8Array) => bytes,
    deserialize: (bytes: Uint8Array) => Uint8Array.from(bytes),
  }
  const dead = await driver.outputTopic('dead', { key: raw, value: raw })
  let letterCount = 0
  return {
    driver,
    pipe: (key, value, headers = []) =>
      driver.pipe('in', {
        key: key === null ? null : Buffer.from(key),
        value: Buffer.from(JSON.stringify(value)),
        timestamp: 0,
        headers,
      }),
    send: ({ topic, ...record }) => driver.pipe(topic, inBytes(record)),
    letters: () => {
      const records = dead.read().map((record, index) => ({ ...record, offset: letterCount + index }))
      letterCount += records.length
      const batch = memoryBatch({ topic: 'dead', partition: 0 }, records)
      return records.map((_, index) => readLetter(batch, index)!)
    },
    values: (topic, key) => {
      const all = outputs.get(topic) ?? []
      outputs.set(topic, all)
      all.push(...readers.get(topic)!.read())
      return all.filter((each) => each.key === key).map(({ value }) => value!)
    },
  }
}
