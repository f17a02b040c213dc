import { expect, test } from 'vitest'
import { murmur2, partitionOf, StickyPartitions } from '../../../src/runtime/partitioner.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

// the values that Kafka's own UtilsTest holds murmur2 to
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('%s hashes as in Java', (text, hash) => {
  expect(murmur2(bytes(text))).toBe(hash)
})

test('a partition is never negative and below the count', () => {
  for (let i = 0; i < 500; i++) {
    const partition = partitionOf(bytes(`key-${i}`), 7)
    expect(partition).toBeGreaterThanOrEqual(0)
    expect(partition).toBeLessThan(7)
  }
})

test('records without a key fill one batch before they go to the next partition', () => {
  const sticky = new StickyPartitions(100)
  const partitions = Array.from({ length: 9 }, () => sticky.next('a', 3, 50))
  expect(partitions).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1])
})
