import fc from 'fast-check'
import { expect, test } from 'vitest'
import { json, memoryRegistry, safeInt64, SerializationError, string, type Serde } from 'millrace'
import { pair } from '../../../src/serde/pair.ts'

test('two values come back as they were, and different pairs have different bytes', () => {
  const serde = pair(string(), json<string>())
  fc.assert(
    fc.property(fc.tuple(fc.string(), fc.string()), fc.tuple(fc.string(), fc.string()), (one, other) => {
      const bytes = Buffer.from(serde.serialize(one))
      expect(serde.deserialize(bytes)).toEqual(one)
      expect(bytes.equals(serde.serialize(other))).toBe(one[0] === other[0] && one[1] === other[1])
    }),
  )
})

test('the layout is the length of the first, the first, the second', () => {
  expect(Buffer.from(pair(string(), safeInt64()).serialize(['ab', 3])).toString('hex')).toBe(
    '00000002' + '6162' + '0000000000000003',
  )
})

test.each(['', '000000', '0000000361', 'ffffffff61'])('bytes %s are no pair', (hex) => {
  const serde = pair(string(), string())
  expect(() => serde.deserialize(Buffer.from(hex, 'hex'))).toThrow(SerializationError)
})

test('both are bound, each under a name of its own, and primed with their own bytes', async () => {
  const bound: string[] = []
  const primed: string[] = []
  const recording = (): Serde<string> => ({
    ...string(),
    prime: (bytes) => {
      primed.push(Buffer.from(bytes).toString())
      return Promise.resolve()
    },
  })
  const binding = (): Serde<string> => ({
    ...string(),
    bind: ({ topic, part }) => {
      bound.push(`${topic} ${part}`)
      return recording()
    },
  })
  const serde = pair(binding(), binding())
  const ready = await serde.bind!({ topic: 'log', part: 'key', registry: memoryRegistry() })
  expect(bound).toEqual(['log key', 'log-second key'])
  await ready.prime!(ready.serialize(['one', 'two']))
  expect(primed).toEqual(['one', 'two'])
  expect(ready.prime!(Buffer.of(1))).toBeUndefined()
  expect(pair(string(), string()).bind).toBeUndefined()
})
