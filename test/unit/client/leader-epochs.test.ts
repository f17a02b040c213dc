import { expect, test } from 'vitest'
import { LeaderEpochs } from '../../../src/client/leader-epochs.ts'

const epochs = (...starts: readonly (readonly [epoch: number, startOffset: number])[]) =>
  starts.map(([epoch, startOffset]) => ({ epoch, startOffset }))

test('a position has the epoch of the batch before it, and none beyond what was read', () => {
  const read = new LeaderEpochs({ offset: 3 })
  read.add(epochs([1, 2], [4, 8]), 12)
  read.add(epochs([4, 12]), 20)
  expect([1, 2, 3, 8, 9, 20, 21].map((offset) => read.before(offset))).toEqual([-1, -1, 1, 1, 4, 4, -1])
})

test('of a committed position the epoch of the batch before it is known, and nothing else', () => {
  const read = new LeaderEpochs({ offset: 7, leaderEpoch: 3 })
  expect([6, 7, 8].map((offset) => read.before(offset))).toEqual([-1, 3, -1])
  expect(read.partingAt({ epoch: 3, endOffset: 5 })).toBe(5)
  expect(read.partingAt({ epoch: 2, endOffset: 9 })).toBe(6)
  read.follow({ epoch: 2, endOffset: 5 })
  expect([4, 5, 6].map((offset) => read.before(offset))).toEqual([-1, 2, -1])
})

test('the logs part where the epoch ends on the leader, or where a later one begins here, as for a follower (KIP-101)', () => {
  const read = new LeaderEpochs({ offset: 0 })
  read.add(epochs([0, 0], [2, 5]), 10)
  expect(read.partingAt({ epoch: 2, endOffset: 8 })).toBe(8)
  expect(read.partingAt({ epoch: 1, endOffset: 12 })).toBe(5)
  read.cutAt(5)
  expect([read.before(5), read.before(6)]).toEqual([0, -1])
  expect(read.partingAt({ epoch: 0, endOffset: 3 })).toBe(3)
})

test('what lies behind a gap in what was read has no known epoch', () => {
  const read = new LeaderEpochs({ offset: 0 })
  read.add(epochs([0, 0]), 10)
  read.cutAt(20)
  expect(read.before(20)).toBe(-1)
})
