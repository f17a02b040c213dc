import fc from 'fast-check'
import { expect, test } from 'vitest'
import { windowed } from 'millrace'
import { keyIdentity } from '../../../src/core/key-identity.ts'

test('copies of a key are one key, whatever the order of their properties', () => {
  const keys = fc.oneof(fc.jsonValue(), fc.bigInt(), fc.uint8Array(), fc.date({ noInvalidDate: true }), fc.object())
  fc.assert(
    fc.property(keys, (key) => {
      expect(keyIdentity(reordered(structuredClone(key)))).toEqual(keyIdentity(key))
    }),
    { numRuns: 500 },
  )
})

function reordered(key: unknown): unknown {
  if (typeof key !== 'object' || key === null || Object.getPrototypeOf(key) !== Object.prototype) return key
  return Object.fromEntries(
    Object.entries(key)
      .toReversed()
      .map(([name, value]) => [name, reordered(value)]),
  )
}

test.each([
  ['a', 'b'],
  [1, '1'],
  [null, 'null'],
  [1n, 1],
  [windowed('a', 0, 10), windowed('a', 10, 20)],
  [new Uint8Array([1, 2]), new Uint8Array([2, 1])],
  [new Date(1), new Date(2)],
  [new Map([['a', 1]]), new Map([['a', 2]])],
])('%o and %o are two', (one, other) => {
  expect(keyIdentity(one)).not.toEqual(keyIdentity(other))
})
