import { describe, expect, test } from 'vitest'
import { BrokerError } from '../../../src/core/errors.ts'
import { avro } from '../../../src/serde/avro.ts'
import { changeSerde } from '../../../src/serde/change-serde.ts'
import { memoryRegistry } from '../../../src/serde/memory-registry.ts'
import type { SchemaRegistry } from '../../../src/serde/schema-registry.ts'
import type { Serde } from '../../../src/serde/serde.ts'
import { timeWindowed } from '../../../src/serde/windowed-serdes.ts'

const recordOf = (...fields: object[]): object => ({ type: 'record', name: 'Order', fields })
const id = { name: 'id', type: 'string' }
const first = recordOf(id, { name: 'count', type: 'int' }, { name: 'gone', type: { type: 'array', items: 'string' } })
const second = recordOf(id, { name: 'count', type: 'long' }, { name: 'currency', type: 'string', default: 'EUR' })

/** A registry that counts what is asked of it and answers when it is told to. */
function slowRegistry(): { registry: SchemaRegistry; asked: number[]; answer: (outcome?: Error) => void } {
  const inner = memoryRegistry()
  const asked: number[] = []
  let waiting: ((outcome?: Error) => void)[] = []
  const schemaById = async (schemaId: number): Promise<string | undefined> => {
    asked.push(schemaId)
    const outcome = await new Promise<Error | undefined>((resolve) => waiting.push(resolve))
    if (outcome !== undefined) throw outcome
    return inner.schemaById(schemaId)
  }
  const answer = (outcome?: Error): void => {
    for (const resolve of waiting) resolve(outcome)
    waiting = []
  }
  return { registry: { register: inner.register, schemaById }, asked, answer }
}

async function bind<T>(serde: Serde<T>, registry: SchemaRegistry): Promise<Serde<T>> {
  return await serde.bind!({ topic: 'orders', part: 'value', registry })
}

const firstValue = { id: 'o-1', count: 3, gone: ['x', 'y'] }
const secondView = { id: 'o-1', count: 3, currency: 'EUR' }

describe('a record written with an older schema', () => {
  test('is read into the newer one, with its defaults and without what is gone', async () => {
    const registry = memoryRegistry()
    const written = (await bind(avro<object>(first), registry)).serialize(firstValue)
    const reader = await bind(avro<object>(second), registry)
    await reader.prime!(written)
    expect(reader.deserialize(written)).toEqual(secondView)
  })
  test('is read exactly as bigints, and a double stays a number', async () => {
    const registry = memoryRegistry()
    const types = (count: string, price: string): object =>
      recordOf({ name: 'count', type: count }, { name: 'price', type: price })
    const written = (await bind(avro<object>(types('int', 'long')), registry)).serialize({ count: 3, price: 4 })
    const reader = await bind(avro<object>(types('long', 'double'), { longs: 'bigint' }), registry)
    await reader.prime!(written)
    expect(reader.deserialize(written)).toEqual({ count: 3n, price: 4 })
  })
  test('that the newer one cannot read is a decode error that says why, again and again', async () => {
    const registry = memoryRegistry()
    const writer = await avro<object>(recordOf(id), { subject: 'other' }).bind!({
      topic: 'orders',
      part: 'value',
      registry,
    })
    const reader = await bind(avro<object>(recordOf(id, { name: 'needed', type: 'string' })), registry)
    const written = writer.serialize({ id: 'o-1' })
    for (let round = 0; round < 2; round++) {
      await reader.prime!(written)
      expect(() => reader.deserialize(written)).toThrow(
        expect.objectContaining({
          code: 'MILLRACE_DECODE_FAILED',
          message: expect.stringMatching(
            /avro\(Order\) cannot read the \d+ bytes: what schema id 1 wrote does not fit this schema: .*needed/,
          ),
        }),
      )
    }
  })
})

describe('priming', () => {
  async function olderRecord(): Promise<
    ReturnType<typeof slowRegistry> & { reader: Serde<object>; written: Uint8Array }
  > {
    const slow = slowRegistry()
    const written = (await bind(avro<object>(first), slow.registry)).serialize(firstValue)
    return { ...slow, reader: await bind(avro<object>(second), slow.registry), written }
  }

  test('is not needed for what this schema wrote', async () => {
    const { reader, asked } = await olderRecord()
    expect(reader.prime!(reader.serialize(secondView))).toBeUndefined()
    expect(asked).toEqual([])
  })
  test('asks once for an id, however many records wait for it, and never again', async () => {
    const { reader, written, asked, answer } = await olderRecord()
    const waiting = [reader.prime!(written)!, reader.prime!(written)!]
    answer()
    await Promise.all(waiting)
    expect(reader.prime!(written)).toBeUndefined()
    expect(asked).toEqual([1])
  })
  test('that failed rejects for all who wait, and can be tried again', async () => {
    const { reader, written, asked, answer } = await olderRecord()
    const failure = new BrokerError('MILLRACE_REGISTRY_FAILED', 'out of reach', { retriable: true })
    const waiting = Promise.allSettled([reader.prime!(written)!, reader.prime!(written)!])
    answer(failure)
    expect((await waiting).map((outcome) => outcome.status)).toEqual(['rejected', 'rejected'])
    const again = reader.prime!(written)
    answer()
    await again
    expect(reader.deserialize(written)).toEqual(secondView)
    expect(asked).toEqual([1, 1])
  })
  test('of an id that the registry does not know yet is tried again with the next record', async () => {
    const { reader, written, asked, answer } = await olderRecord()
    const unknown = Buffer.from(written)
    unknown.writeInt32BE(3, 1)
    const waiting = reader.prime!(unknown)
    answer()
    await waiting
    expect(() => reader.deserialize(unknown)).toThrow('schema id 3, which the registry does not know')
    expect(reader.prime!(unknown)).toBeInstanceOf(Promise)
    expect(asked).toEqual([3, 3])
    answer()
  })
  test.each([
    ['no bytes', ''],
    ['another first byte', '0100000001'],
    ['a negative id', '00ffffffff'],
  ])('leaves %s to decoding', async (_what, bytes) => {
    const { reader } = await olderRecord()
    expect(reader.prime!(Buffer.from(bytes, 'hex'))).toBeUndefined()
  })
})

describe('serdes around an avro serde bind and prime it', () => {
  test('a change, for both of its sides', async () => {
    const registry = memoryRegistry()
    const sides = changeSerde(await bind(avro<object>(first), registry))
    const reader = await bind(changeSerde(avro<object>(second)), registry)
    for (const change of [
      { newValue: firstValue, oldValue: firstValue },
      { newValue: null, oldValue: firstValue },
    ]) {
      const written = sides.serialize(change)
      await reader.prime!(written)
      expect(reader.deserialize(written)).toEqual({ newValue: change.newValue && secondView, oldValue: secondView })
    }
    expect(reader.prime!(Buffer.from('junk'))).toBeUndefined()
    expect(reader.name).toBe('change(avro(Order))')
  })
  test('a windowed key', async () => {
    const registry = memoryRegistry()
    const writer = await bind(timeWindowed(avro<object>(first), 10), registry)
    const reader = await bind(timeWindowed(avro<object>(second), 10), registry)
    const written = writer.serialize({ key: firstValue, window: { start: 20, end: 30 } })
    await reader.prime!(written)
    expect(reader.deserialize(written)).toEqual({ key: secondView, window: { start: 20, end: 30 } })
    expect(reader.prime!(new Uint8Array(3))).toBeUndefined()
  })
})
