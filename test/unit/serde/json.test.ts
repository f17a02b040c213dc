import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { json } from '../../../src/serde/json.ts'
import type { StandardIssue, StandardResult, StandardSchema } from '../../../src/serde/standard-schema.ts'

interface Card {
  readonly number: string
  readonly limit: number
}

/** A schema by hand: a card whose limit is 100 unless it is given. */
const cardSchema: StandardSchema<unknown, Card> = {
  '~standard': {
    version: 1,
    vendor: 'by-hand',
    validate(value) {
      const card = value as { number?: unknown; limit?: unknown }
      const issues: StandardIssue[] = []
      if (typeof card.number !== 'string') issues.push({ message: 'is not a string', path: ['number'] })
      if (card.limit !== undefined && typeof card.limit !== 'number')
        issues.push({ message: 'is not a number', path: [{ key: 'limit' }] })
      if (issues.length > 0) return { issues }
      return { value: { number: card.number as string, limit: (card.limit as number | undefined) ?? 100 } }
    },
  },
}

const answering = (result: StandardResult<unknown> | Promise<StandardResult<unknown>>): StandardSchema => ({
  '~standard': { version: 1, vendor: 'by-hand', validate: () => result },
})
const encoded = (text: string): Uint8Array => new TextEncoder().encode(text)

test('any JSON value survives writing and reading', () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const serde = json()
      expect(serde.deserialize(serde.serialize(value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('is UTF-8 on the wire', () => {
  expect(Buffer.from(json<string>().serialize('\u20ac')).toString('hex')).toBe('22e282ac22')
  expect(json<string>().deserialize(Buffer.from('22e282ac22', 'hex'))).toBe('\u20ac')
})

describe('what is not JSON is refused', () => {
  test.each(['', '{', '\ufeff{}', 'nul'])('the text %j', (text) => {
    expect(() => json().deserialize(encoded(text))).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_DECODE_FAILED',
        message: expect.stringContaining('bytes are not JSON: '),
      }),
    )
  })
  test('text with invalid UTF-8 in a string', () => {
    expect(() => json().deserialize(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(
      'json is UTF-8 text, but the 3 bytes are not valid UTF-8',
    )
  })
  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  test.each([[undefined], [() => 1], [1n], [cycle]])('the value %o', (value) => {
    expect(() => json().serialize(value)).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_ENCODE_FAILED',
        message: expect.stringContaining('json cannot write'),
      }),
    )
  })
})

describe('with a schema', () => {
  test('what is read is what the schema makes of it', () => {
    expect(json(cardSchema).deserialize(encoded('{"number":"1","extra":true}'))).toEqual({ number: '1', limit: 100 })
  })
  test('a refusal lists every issue with its path', () => {
    expect(() => json(cardSchema).deserialize(encoded('{"limit":"5"}'))).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_DECODE_FAILED',
        message: 'the schema (by-hand) refuses the value: number: is not a string; limit: is not a number',
      }),
    )
  })
  test('paths read as code, and a long list is cut', () => {
    const issues = [
      { message: 'a', path: ['items', 2, { key: 'sku' }] },
      { message: 'b' },
      ...Array.from({ length: 10 }, () => ({ message: 'c', path: [0] })),
    ]
    expect(() => json(answering({ issues })).deserialize(encoded('1'))).toThrow(
      /items\[2\]\.sku: a; the value itself: b; (\[0\]: c; ){8}and 2 more$/,
    )
  })
  test('writing is not checked unless it is asked for', () => {
    const wrong = { number: 1 } as unknown as Card
    expect(Buffer.from(json(cardSchema).serialize(wrong)).toString()).toBe('{"number":1}')
    expect(() => json(cardSchema, { validate: 'both' }).serialize(wrong)).toThrow(
      expect.objectContaining({
        code: 'MILLRACE_ENCODE_FAILED',
        message: 'the schema (by-hand) refuses the value: number: is not a string',
      }),
    )
  })
  test('checked writing writes the value as it is', () => {
    const card = { number: '1', limit: 5, extra: true }
    expect(Buffer.from(json(cardSchema, { validate: 'both' }).serialize(card)).toString()).toBe(JSON.stringify(card))
  })
  test('an asynchronous one is an error that says so, and its late rejection is nobody elses problem', async () => {
    const serde = json(answering(Promise.reject(new Error('late'))))
    expect(() => serde.deserialize(encoded('1'))).toThrow('validates asynchronously')
    await new Promise((resolve) => setImmediate(resolve))
  })
})
