import { expect, test } from 'vitest'
import { StickyPartitions } from '../../../src/runtime/sticky-partitions.ts'

test('records without a key fill one batch before they go to the next partition', () => {
  const sticky = new StickyPartitions(100)
  const partitions = Array.from({ length: 9 }, () => sticky.next('a', 3, 50))
  expect(partitions).toEqual([0, 0, 1, 1, 2, 2, 0, 0, 1])
})
