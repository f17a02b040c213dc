import fc from 'fast-check'
import { json, string, type Serde } from 'millrace'
import { expect, test } from 'vitest'
import { readFetched } from '../../../src/protocol/records/read-fetched.ts'
import { RecordQueue } from '../../../src/runtime/record-queue.ts'
import { storedBatch, type WrittenRecord } from '../../support/record-batches.ts'

/** What comes of each record: what was decoded, or why it was not. */
function decoded(records: readonly WrittenRecord[], key: Serde<unknown>, value: Serde<unknown>): readonly unknown[] {
  const outcome: unknown[] = []
  const source = {
    topic: 'in',
    nodeName: 'in',
    key,
    value,
    timestamp: null,
    offsetReset: null,
    internal: false,
  } as const
  const queue = new RecordQueue({
    source,
    partition: 0,
    taskId: '0_0',
    key,
    value,
    onDecodeError: (error) => void outcome.push(error.message),
  })
  queue.enqueue(readFetched({ topic: 'in', partition: 0, from: 0, records: storedBatch(records), aborted: [] }))
  for (; queue.head !== null; queue.advance()) outcome.push([queue.head.key, queue.head.value])
  return outcome
}

const even = json({
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (value: unknown) =>
      typeof value === 'number' && value % 2 === 0 ? { value: value * 10 } : { issues: [{ message: 'odd' }] },
  },
})

const text = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('\ufffd', '\ufeffwith a mark', '"\ufffd"', '4', '5', '{"a":[1]}', '{"a":'),
  fc.json(),
)
const bytes = fc.oneof(
  fc.constant(null),
  text.map((value) => Buffer.from(value)),
  fc.uint8Array({ maxLength: 20 }),
)

test('text that is read without a view of its bytes gives the same values and the same errors', () => {
  const record = fc.record({ key: bytes, value: bytes })
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
      // A copy is another serde, which is given bytes.
      for (const value of [json(), even, string()] as readonly Serde<unknown>[]) {
        const key = string() as Serde<unknown>
        expect(decoded(records, key, value)).toEqual(decoded(records, { ...key }, { ...value }))
      }
    }),
    { numRuns: 300 },
  )
})

test('a serde with a deserialize of its own, made by spreading another, is the one that is asked', () => {
  const loud: Serde<unknown> = { ...string(), deserialize: (content) => Buffer.from(content).toString().toUpperCase() }
  const records = [{ key: Buffer.from('k'), value: Buffer.from('quiet') }]
  expect(decoded(records, string() as Serde<unknown>, loud)).toEqual([['k', 'QUIET']])
})
