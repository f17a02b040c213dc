import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PendingBatch } from '../../../src/client/pending-batch.ts'
import type { OutgoingRecord } from '../../../src/runtime/port.ts'

const bytes = fc.option(fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array)))
const record = fc.record({
  topic: fc.constant('t'),
  partition: fc.constant(3),
  key: bytes,
  value: bytes,
  timestamp: fc.integer({ min: 0, max: 2 ** 42 }),
  headers: fc.array(fc.tuple(fc.string(), bytes), { maxLength: 2 }),
})
const compressions = ['none', 'gzip', 'lz4'] as const

test('what was added is read back, with whom to tell, before it is encoded and after, whoever it was stamped for', () => {
  const listeners = [() => {}, () => {}]
  const sent = fc.array(fc.tuple(record, fc.nat(1)), { minLength: 1, maxLength: 30 })
  fc.assert(
    fc.property(sent, fc.constantFrom(...compressions), (records, compression) => {
      const batch = new PendingBatch({ topic: 't', partition: 3 }, 0)
      for (const [one, listener] of records) batch.add(one as OutgoingRecord, listeners[listener]!, 1)
      const back = (): unknown[] => {
        const seen: unknown[] = []
        batch.forEach((one, onFailed) => seen.push([one, listeners.indexOf(onFailed as () => void)]))
        return seen
      }
      expect(back()).toEqual(records)
      for (const producerId of [1n, 2n]) {
        batch.identity = { producerId, producerEpoch: 0, firstSequence: 0 }
        batch.encode(compression)
        expect(back()).toEqual(records)
      }
    }),
    { numRuns: 300 },
  )
})

test('a batch that is sent again under the same identity has the same bytes, and other batches do not touch them', () => {
  const batch = new PendingBatch({ topic: 't', partition: 0 }, 0)
  const value = Buffer.alloc(100, 1)
  const one = { topic: 't', partition: 0, key: null, timestamp: 5, headers: [] }
  batch.add({ ...one, value }, () => {}, 100)
  batch.identity = { producerId: 7n, producerEpoch: 1, firstSequence: 9 }
  const first = Buffer.from(batch.encode('none'))
  const next = new PendingBatch({ topic: 't', partition: 0 }, 0)
  next.add({ ...one, value: Buffer.alloc(200, 2) }, () => {}, 200)
  expect(batch.encode('none')).toEqual(first)
})
