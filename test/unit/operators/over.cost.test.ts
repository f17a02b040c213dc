import { describe, expect, it } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { OverOperator } from '../../../src/operators/over.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryOverStore } from '../../../src/state/memory-over-store.ts'
import type { InvertibleAggregate } from '../../../src/topology/functions.ts'
import { recorded } from '../../support/recording-context.ts'

const ranges = [
  { name: 'short', rangeMs: 50, delayMs: 0 },
  { name: 'long', rangeMs: 2_000, delayMs: 0 },
  { name: 'past', rangeMs: 1_000, delayMs: 500 },
]
const graceMs = 4_000

/** How often `add` and `subtract` ran for these records, in this order. */
function callsFor(records: Iterable<readonly [key: string, time: number]>): number {
  let calls = 0
  const counting: InvertibleAggregate<number, number, number> = {
    init: () => 0,
    add: (n) => (calls++, n + 1),
    subtract: (n) => (calls++, n - 1),
    result: (n) => n,
  }
  const store = new MemoryOverStore('over', { key: string(), value: json<number>() }, { retentionMs: graceMs + 2_000 })
  const { send } = recorded(
    new OverOperator({ ranges, aggregate: counting, graceMs, closed: 'right', where: null }, { store }),
  )
  for (const [key, time] of records) send(key, 1, time)
  return calls
}

/** `sources` ordered streams of one key, each `lagMs` behind the one before, taking turns. */
function* interleaved(sources: number, lagMs: number, count: number): Iterable<readonly [string, number]> {
  for (let i = 0; i < count; i++) yield ['a', (sources - 1) * lagMs + Math.floor(i / sources) - (i % sources) * lagMs]
}

function* inOrder(count: number, keys: readonly string[]): Iterable<readonly [string, number]> {
  for (let i = 0; i < count; i++) yield [keys[i % keys.length]!, i]
}

describe('what over costs in calls of add and subtract', () => {
  const count = 20_000

  it('is two per record and range in order', () => {
    expect(callsFor(inOrder(count, ['a']))).toBeLessThanOrEqual(2 * count * ranges.length)
    expect(callsFor(inOrder(count, ['a', 'b', 'c']))).toBeLessThanOrEqual(2 * count * ranges.length)
  })

  it.each([2, 3, 4])(
    'is at most three per record, range and source when %i ordered sources of a key interleave',
    (sources) => {
      expect(callsFor(interleaved(sources, 1_000, count))).toBeLessThanOrEqual(3 * count * ranges.length * sources)
    },
  )

  it('stays constant for a key that is always just within grace of the others', () => {
    const records = [...inOrder(count, ['ahead'])].flatMap(([key, time]) => [
      [key, time + graceMs] as const,
      ['behind', time] as const,
    ])
    expect(callsFor(records)).toBeLessThanOrEqual(2 * records.length * ranges.length)
  })

  it('is at most the entries of the range when time jumps at random within grace', () => {
    const random = seededRandom(7)
    const records = Array.from(
      { length: count },
      (_, i) => ['a', graceMs + i - Math.floor(random() * graceMs)] as const,
    )
    const entries = ranges.reduce((sum, { rangeMs }) => sum + rangeMs, 0)
    expect(callsFor(records)).toBeLessThanOrEqual(count * (entries + 4 * ranges.length))
  })

  it('is in proportion to the disorder when records swap places with near neighbours', () => {
    const random = seededRandom(11)
    const records = Array.from({ length: count }, (_, i) => ['a', i + Math.floor(random() * 10)] as const)
    expect(callsFor(records)).toBeLessThanOrEqual(count * ranges.length * 20)
  })
})
