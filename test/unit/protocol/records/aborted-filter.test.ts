import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AbortedTransaction } from '../../../../src/protocol/records/aborted-filter.ts'
import { readRecords, storedMarker, storedTexts, textsOf } from '../../../support/record-batches.ts'

const transactional = (text: string, baseOffset: number, producerId: bigint): Buffer =>
  storedTexts([text], { baseOffset, producerId, transactional: true })

test('records of aborted transactions and markers are left out, and the position moves past them', () => {
  const log = Buffer.concat([
    transactional('aborted', 0, 1n),
    storedTexts(['plain'], { baseOffset: 1 }),
    storedMarker('abort', 2, 1n),
    transactional('kept', 3, 1n),
    storedMarker('commit', 4, 1n),
  ])
  const fetched = readRecords(log, 0, [{ producerId: 1n, firstOffset: 0 }])
  expect([textsOf(fetched), fetched.nextOffset]).toEqual([['plain', 'kept'], 5])
  expect(textsOf(readRecords(log))).toEqual(['aborted', 'plain', 'kept'])
})

test('a fetch that begins inside two interleaved aborted transactions sees nothing of either', () => {
  const [a, b] = [1n, 2n]
  const batches = [
    transactional('A0', 0, a),
    transactional('B1', 1, b),
    transactional('B2', 2, b),
    transactional('A3', 3, a),
    storedMarker('abort', 4, a),
    storedMarker('abort', 5, b),
    storedTexts(['plain'], { baseOffset: 6 }),
  ]
  const aborted = [
    { producerId: b, firstOffset: 1 },
    { producerId: a, firstOffset: 0 },
  ]
  for (let from = 0; from < batches.length; from++)
    expect(textsOf(readRecords(Buffer.concat(batches.slice(from)), from, aborted))).toEqual(['plain'])
})

test('whatever interleaves and wherever a fetch begins, exactly what was committed is seen', () => {
  const step = fc.record({
    producer: fc.integer({ min: 1, max: 4 }),
    action: fc.constantFrom('write', 'write', 'write', 'plain', 'abort', 'commit'),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, anywhere) => {
      const log = simulate(steps)
      const from = log.batches.length === 0 ? 0 : anywhere % log.batches.length
      // As the broker answers: every aborted transaction that overlaps the range.
      const aborted = log.aborted.filter(({ lastOffset }) => lastOffset >= from)
      const fetched = readRecords(Buffer.concat(log.batches.slice(from)), from, aborted)
      expect(textsOf(fetched)).toEqual(log.committed.filter((offset) => offset >= from).map(String))
    }),
    { numRuns: 300 },
  )
})

interface Log {
  readonly batches: Buffer[]
  readonly committed: number[]
  readonly aborted: (AbortedTransaction & { readonly lastOffset: number })[]
}

/** One record or marker an offset; a record's value is its offset. What is open at the end is aborted. */
function simulate(steps: readonly { readonly producer: number; readonly action: string }[]): Log {
  const log: Log = { batches: [], committed: [], aborted: [] }
  const open = new Map<number, number[]>()
  const end = (producer: number, type: 'abort' | 'commit'): void => {
    const offsets = open.get(producer)
    if (offsets === undefined) return
    open.delete(producer)
    const offset = log.batches.push(storedMarker(type, log.batches.length, BigInt(producer))) - 1
    if (type === 'commit') log.committed.push(...offsets)
    else log.aborted.push({ producerId: BigInt(producer), firstOffset: offsets[0]!, lastOffset: offset })
  }
  for (const { producer, action } of steps) {
    const baseOffset = log.batches.length
    if (action === 'abort' || action === 'commit') end(producer, action)
    else if (action === 'plain') {
      log.batches.push(storedTexts([String(baseOffset)], { baseOffset, producerId: BigInt(producer) }))
      // Without a transaction of its own: a producer is either or.
      log.committed.push(baseOffset)
    } else {
      open.set(producer, [...(open.get(producer) ?? []), baseOffset])
      log.batches.push(transactional(String(baseOffset), baseOffset, BigInt(producer)))
    }
  }
  for (const producer of open.keys()) end(producer, 'abort')
  log.committed.sort((x, y) => x - y)
  return log
}
