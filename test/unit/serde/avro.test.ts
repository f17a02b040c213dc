import avsc from 'avsc'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { avro, type AvroOptions } from '../../../src/serde/avro.ts'
import type { AvroSchema } from '../../../src/serde/avro-type.ts'
import { memoryRegistry } from '../../../src/serde/memory-registry.ts'
import type { SchemaRegistry } from '../../../src/serde/schema-registry.ts'
import type { Serde } from '../../../src/serde/serde.ts'

interface Transaction {
  readonly id: string
  readonly amount: number
  readonly time: number
  readonly tags: readonly string[]
  readonly note: string | null
  readonly limits: Readonly<Record<string, number>>
}

const transactionSchema = {
  type: 'record',
  name: 'Transaction',
  namespace: 'bank',
  fields: [
    { name: 'id', type: 'string' },
    { name: 'amount', type: 'double' },
    { name: 'time', type: 'long' },
    { name: 'tags', type: { type: 'array', items: 'string' } },
    { name: 'note', type: ['null', 'string'] },
    { name: 'limits', type: { type: 'map', values: 'int' } },
  ],
}
const transaction: Transaction = {
  id: 'tx-1',
  amount: 12.5,
  time: 1_700_000_000_000,
  tags: ['a', 'bc'],
  note: null,
  limits: { day: -3 },
}
/** What Java's Avro 1.12.0 wrote for `transaction`. */
const transactionBody = '0874782d31000000000000294080a0abfef962040261046263000002066461790500'

interface BindOptions extends AvroOptions {
  readonly registry?: SchemaRegistry
}

async function bound<T>(
  schema: AvroSchema,
  { registry = memoryRegistry(), ...options }: BindOptions = {},
): Promise<Serde<T>> {
  return await avro<T>(schema, options).bind!({ topic: 'payments', part: 'value', registry })
}

/** Awaits the priming, as the runtime does before it decodes. */
async function decoded<T>(serde: Serde<T>, bytes: Uint8Array): Promise<T> {
  await serde.prime!(bytes)
  return serde.deserialize(bytes)
}

const unhex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const decodeError = (message: string): unknown =>
  expect.objectContaining({
    code: 'MILLRACE_DECODE_FAILED',
    topic: 'payments',
    message: expect.stringContaining(message),
  })

describe('bytes', () => {
  test('are a zero byte, the schema id, and the body as Java writes it', async () => {
    const serde = await bound<Transaction>(transactionSchema)
    expect(Buffer.from(serde.serialize(transaction)).toString('hex')).toBe(`0000000001${transactionBody}`)
    expect(serde.deserialize(unhex(`0000000001${transactionBody}`))).toEqual(transaction)
  })
  test('of arrays in blocks with their lengths, as other writers split them, are read', async () => {
    const serde = await bound<Transaction>(transactionSchema)
    // -2 items in 4 bytes, then 1 item: by the Avro specification's "Binary Encoding: Arrays".
    const blocked = `0874782d31000000000000294080a0abfef962${'03080261026202026300'}00${'010a0664617905'}00`
    expect(serde.deserialize(unhex(`0000000001${blocked}`))).toEqual({ ...transaction, tags: ['a', 'b', 'c'] })
  })
  test('that were handed out are not changed by the next value, large or small', async () => {
    const serde = await bound<string>({ type: 'record', name: 'R', fields: [{ name: 'text', type: 'string' }] })
    const texts = ['a', 'b'.repeat(3_000_000), 'c', 'd'.repeat(5_000), 'e'.repeat(1_023), 'f'.repeat(2_000_000), 'g']
    const written = texts.map((text) => serde.serialize({ text } as never))
    expect(written.map((bytes) => (serde.deserialize(bytes) as unknown as { text: string }).text)).toEqual(texts)
  })
  test('of any value survive the way', async () => {
    const serde = await bound<Transaction>(transactionSchema)
    const values = fc.record({
      id: fc.string({ unit: 'grapheme' }),
      amount: fc.double(),
      time: fc.maxSafeInteger(),
      tags: fc.array(fc.string()),
      note: fc.option(fc.string()),
      limits: fc.dictionary(
        fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
        fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
        { noNullPrototype: true },
      ),
    })
    fc.assert(
      fc.property(values, (value) => {
        expect(serde.deserialize(serde.serialize(value))).toEqual(value)
      }),
    )
  })
})

describe('a subject', () => {
  async function subjects(options: AvroOptions, part: 'key' | 'value'): Promise<string[]> {
    const seen: string[] = []
    const registry: SchemaRegistry = { ...memoryRegistry(), register: async (subject) => seen.push(subject) }
    await avro(transactionSchema, options).bind!({ topic: 'payments', part, registry })
    return seen
  }
  test('is named after topic and part', async () => {
    expect(await subjects({}, 'key')).toEqual(['payments-key'])
    expect(await subjects({}, 'value')).toEqual(['payments-value'])
  })
  test('can be chosen', async () =>
    expect(await subjects({ subject: 'bank.Transaction' }, 'value')).toEqual(['bank.Transaction']))
})

describe('mistakes in the code are explained', () => {
  test('no registry', async () => {
    await expect(async () =>
      avro(transactionSchema).bind!({ topic: 'payments', part: 'key', registry: undefined }),
    ).rejects.toThrow(
      expect.objectContaining({
        code: 'MILLRACE_CONFIG_INVALID',
        message: expect.stringContaining(
          'the key of topic payments: its serde avro(bank.Transaction) needs a schema registry, and none is configured; give the app one: confluentRegistry({ url })',
        ),
      }),
    )
  })
  test.each([[{ type: 'recrod' }], ['{"type":'], ['strnig']])('the schema %j', (schema) => {
    expect(() => avro(schema)).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_TOPOLOGY_INVALID',
        message: expect.stringContaining('the schema is not valid Avro'),
      }),
    )
  })
  test('use before bind', () => {
    expect(() => avro(transactionSchema).serialize(transaction)).toThrow(
      'avro(bank.Transaction) is not ready: bind it to a topic',
    )
    expect(() => avro(transactionSchema).deserialize(unhex('00'))).toThrow(
      'avro(bank.Transaction) is not ready: bind it to a topic',
    )
  })
  test('a value that does not fit the schema, with the paths', async () => {
    const serde = await bound<Transaction>(transactionSchema)
    expect(() => serde.serialize({ ...transaction, tags: ['a', 7], amount: '1' } as never)).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_ENCODE_FAILED',
        message:
          'avro(bank.Transaction) cannot write the value: amount is not a valid double (string); tags.1 is not a valid string (number)',
      }),
    )
  })
})

describe('bytes that are not this format are errors that say what was found', () => {
  test.each([
    ['', 'but there are 0 bytes'],
    ['00000000', 'but there are 4 bytes'],
    ['7b22696422', 'but these start with 7b22696422'],
    [`0000000001${transactionBody}ffff`, '2 of 41 are left after the value'],
    [`0000000001${transactionBody.slice(0, -4)}`, 'stops in the middle of the value after 37 bytes'],
    [`00000003e7${transactionBody}`, 'schema id 999, which the registry does not know'],
    [`00ffffffff${transactionBody}`, 'these start with 00ffffffff'],
  ])('%s', async (bytes, message) => {
    const serde = await bound<Transaction>(transactionSchema)
    await expect(decoded(serde, unhex(bytes))).rejects.toThrow(decodeError(message))
  })
  test('any corruption ends in a value or in a decode error', async () => {
    const serde = await bound<Transaction>(transactionSchema)
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (body) => {
        const bytes = Uint8Array.from([0, 0, 0, 0, 1, ...body])
        try {
          expect(serde.deserialize(bytes)).toHaveProperty('id')
        } catch (error) {
          expect(error).toEqual(decodeError('avro(bank.Transaction)'))
        }
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('a collection whose corrupt count is huge is refused at once', () => {
  // 2^32-1 and 2^62 as zigzag varints: avsc alone collects that many items past the end of the record.
  const counts = ['feffffff1f', '8080808080808080ff01']
  const collections = [
    { type: 'array', items: 'string' },
    { type: 'array', items: 'null' },
    { type: 'map', values: 'null' },
  ]
  const recordOf = (fields: object[]): object => ({ type: 'record', name: 'R', fields })
  for (const type of collections) {
    test.each(counts)(`${JSON.stringify(type)} of %s`, async (count) => {
      const serde = await bound(recordOf([{ name: 'all', type }]))
      expect(() => serde.deserialize(unhex(`0000000001${count}`))).toThrow(decodeError('a collection claims'))
    })
    test.each(counts)(`${JSON.stringify(type)} of %s, which the reader skips`, async (count) => {
      const registry = memoryRegistry()
      await registry.register('payments-value', JSON.stringify(recordOf([{ name: 'all', type }])))
      const serde = await bound(recordOf([]), { registry })
      await expect(decoded(serde, unhex(`0000000001${count}`))).rejects.toThrow(decodeError('a collection claims'))
    })
  }
  test('and one that only runs past the end is cut off there', async () => {
    const serde = await bound(recordOf([{ name: 'all', type: { type: 'array', items: 'string' } }]))
    expect(() => serde.deserialize(unhex('0000000001808008026100'))).toThrow(
      decodeError('stops in the middle of the value'),
    )
  })
  test('while many empty items are a value', async () => {
    const serde = await bound<{ all: null[] }>(recordOf([{ name: 'all', type: { type: 'array', items: 'null' } }]))
    const value = { all: Array.from({ length: 10_000 }, () => null) }
    expect(serde.deserialize(serde.serialize(value))).toEqual(value)
  })
})

describe('longs', () => {
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'long', type: 'long' },
      { name: 'maybe', type: ['null', 'long'], default: null },
      { name: 'all', type: { type: 'array', items: { type: 'long' } } },
    ],
  }
  const extremes = [-(2n ** 63n), 2n ** 63n - 1n, -1n]
  test('as bigints are exact, as Java writes them', async () => {
    const serde = await bound<unknown>(schema, { longs: 'bigint' })
    const value = { long: 2n ** 60n, maybe: -5n, all: extremes }
    const bytes = serde.serialize(value)
    expect(Buffer.from(bytes).toString('hex')).toContain('ffffffffffffffffff01feffffffffffffffff0101')
    expect(serde.deserialize(bytes)).toEqual(value)
  })
  test('as bigints are refused beyond 64 bits, and as numbers', async () => {
    const serde = await bound<unknown>(schema, { longs: 'bigint' })
    for (const long of [2n ** 63n, 5]) {
      expect(() => serde.serialize({ long, maybe: null, all: [] })).toThrow('long is not a valid long')
    }
  })
  test('as numbers are exact to the last safe one, where avsc alone writes other values', async () => {
    const registry = memoryRegistry()
    const [numbers, bigints] = [
      await bound<unknown>(schema, { registry }),
      await bound<unknown>(schema, { registry, longs: 'bigint' }),
    ]
    for (const edge of [2 ** 52, 2 ** 52 + 1, 2 ** 53 - 1]) {
      const all = [edge - 1, edge, 1 - edge, -edge]
      const bytes = numbers.serialize({ long: -edge, maybe: -edge, all })
      expect(bigints.deserialize(bytes)).toEqual({ long: BigInt(-edge), maybe: BigInt(-edge), all: all.map(BigInt) })
      expect(numbers.deserialize(bytes)).toEqual({ long: -edge, maybe: -edge, all })
    }
  })
  test.each([2 ** 53, -(2 ** 53), 0.5, Number.NaN, '5', 5n])('as numbers refuse %o', async (long) => {
    const serde = await bound<unknown>(schema)
    expect(() => serde.serialize({ long, maybe: null, all: [] })).toThrow('long is not a valid long')
  })
  test('as numbers are refused where a number rounds', async () => {
    const registry = memoryRegistry()
    const big = await bound<unknown>(schema, { registry, longs: 'bigint' })
    const small = await bound<unknown>(schema, { registry })
    expect(() => small.deserialize(big.serialize({ long: 2n ** 53n, maybe: null, all: [] }))).toThrow(
      decodeError('the long 9007199254740992 is beyond 2^53-1'),
    )
    expect(small.deserialize(big.serialize({ long: 2n ** 53n - 2n, maybe: 1n, all: [] }))).toEqual({
      long: 2 ** 53 - 2,
      maybe: 1,
      all: [],
    })
  })
})

class DateType extends avsc.types.LogicalType {
  _fromValue(ms: number): Date {
    return new Date(ms)
  }
  _toValue(date: unknown): number | undefined {
    return date instanceof Date ? date.getTime() : undefined
  }
  override _resolve(type: avsc.Type): ((ms: number) => Date) | undefined {
    return avsc.Type.isType(type, 'long', 'logical:timestamp-millis') ? (ms) => new Date(ms) : undefined
  }
}

test('a logical type makes its values, with bigints for the other longs', async () => {
  const time = { type: 'long', logicalType: 'timestamp-millis' }
  const schema = {
    type: 'record',
    name: 'R',
    fields: [
      { name: 'at', type: time },
      { name: 'until', type: time },
      { name: 'count', type: { type: 'long', logicalType: 'not-given' } },
    ],
  }
  const serde = await bound<unknown>(schema, { longs: 'bigint', logicalTypes: { 'timestamp-millis': DateType } })
  const value = { at: new Date(1_700_000_000_000), until: new Date(0), count: 5n }
  expect(serde.deserialize(serde.serialize(value))).toEqual(value)
})

test('the schema may be the text of an .avsc file, or the name of a primitive type', async () => {
  const fromText = await bound<Transaction>(JSON.stringify(transactionSchema, null, 2))
  expect(fromText.deserialize(fromText.serialize(transaction))).toEqual(transaction)
  const text = await bound<string>('string')
  expect(Buffer.from(text.serialize('a')).toString('hex')).toBe('00000000010261')
})
