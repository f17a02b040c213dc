import { expect, test } from 'vitest'
import type { Clock } from '../../../src/core/clock.ts'
import { Accumulator } from '../../../src/client/accumulator.ts'
import type { PartitionQueue } from '../../../src/client/partition-queue.ts'
import type { PendingBatch } from '../../../src/client/pending-batch.ts'
import type { OutgoingRecord } from '../../../src/runtime/port.ts'

function at(): { clock: Clock; now: number } {
  const state = { now: 1_000, clock: {} as Clock }
  state.clock = {
    now: () => state.now,
    monotonic: () => state.now,
    setTimer: () => ({ cancel: () => {} }),
    yield: async () => {},
  }
  return state
}

function record(partition: number, bytes: number): OutgoingRecord {
  return { topic: 't', partition, key: null, value: Buffer.alloc(bytes), timestamp: 0, headers: [] }
}

function lengths(batch: PendingBatch): number[] {
  const found: number[] = []
  batch.forEach(({ value }) => found.push(value!.length))
  return found
}

const queues = (accumulator: Accumulator): PartitionQueue[] => [...accumulator.active()]

test('a batch is ready when its linger time has passed, or at once when it is full', () => {
  const time = at()
  const accumulator = new Accumulator({ clock: time.clock, lingerMs: 50, batchBytes: 300, compression: 'none' })
  expect(accumulator.append(record(0, 100), () => {})).toBe(1_050)
  time.now += 10
  expect(accumulator.append(record(0, 100), () => {})).toBeUndefined()
  expect(accumulator.append(record(0, 200), () => {})).toBe(1_000)
  expect(queues(accumulator)[0]!.batches.map(({ count }) => count)).toEqual([2, 1])
})

test('a record larger than a batch goes alone', () => {
  const accumulator = new Accumulator({ clock: at().clock, lingerMs: 50, batchBytes: 300, compression: 'none' })
  for (const bytes of [10, 1_000, 10]) accumulator.append(record(0, bytes), () => {})
  expect(queues(accumulator)[0]!.batches.map(({ count }) => count)).toEqual([1, 1, 1])
})

test('failing a batch tells each of its records in order, and its bytes are free again', () => {
  const accumulator = new Accumulator({ clock: at().clock, lingerMs: 0, batchBytes: 10_000, compression: 'lz4' })
  const told: number[] = []
  for (const bytes of [1, 2, 3]) accumulator.append(record(0, bytes), ({ value }) => told.push(value!.length))
  const [queue] = queues(accumulator)
  accumulator.settle(queue!, queue!.batches[0]!, new Error('too late'))
  expect(told).toEqual([1, 2, 3])
  expect(accumulator.bufferedBytes).toBe(0)
  expect(queues(accumulator)).toEqual([])
})

test('a flush ends when the halves of a split batch are settled', async () => {
  const accumulator = new Accumulator({ clock: at().clock, lingerMs: 60_000, batchBytes: 10_000, compression: 'lz4' })
  for (const bytes of [1, 2, 3]) accumulator.append(record(0, bytes), () => {})
  let flushed = false
  const flush = accumulator.flushed().then(() => (flushed = true))
  const [queue] = queues(accumulator)
  queue!.split(queue!.batches[0]!)
  expect(queue!.batches.map(lengths)).toEqual([[1], [2, 3]])
  accumulator.settle(queue!, queue!.batches[0]!)
  await Promise.resolve()
  expect(flushed).toBe(false)
  accumulator.settle(queue!, queue!.batches[0]!)
  await flush
  expect(accumulator.bufferedBytes).toBe(0)
})
