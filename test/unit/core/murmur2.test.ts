import fc from 'fast-check'
import { expect, test } from 'vitest'
import { defaultPartition, murmur2 } from '../../../src/core/murmur2.ts'

/** From Kafka's own UtilsTest. */
const vectors = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
] as const

test.each(vectors)('hashes %s as Kafka does', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash)
})

test('hashes text as its UTF-8 bytes, of any length and script', () => {
  const text = fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)), maxLength: 500 })
  fc.assert(
    fc.property(fc.oneof(text, fc.string({ maxLength: 40 })), (key) => {
      expect(murmur2(key)).toBe(murmur2(Buffer.from(key)))
    }),
  )
})

test('puts a key where the Java producer puts it', () => {
  const partitions = vectors.map(([text]) => defaultPartition(Buffer.from(text), 7))
  expect(partitions).toEqual(vectors.map(([, hash]) => (hash & 0x7fffffff) % 7))
  expect(defaultPartition(Buffer.alloc(0), 1)).toBe(0)
})

test('hashes a view by its own bytes, not by those around it', () => {
  const around = Buffer.from('xxfoobarxx')
  expect(murmur2(around.subarray(2, 8))).toBe(-790332482)
})
