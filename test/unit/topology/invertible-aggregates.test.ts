import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { InvertibleAggregate } from '../../../src/topology/functions.ts'
import { combined, countAndSum, countOf, meanOf, shareOf, sumOf } from '../../../src/topology/invertible-aggregates.ts'

interface Order {
  readonly total: number | null
}

/** Adds all values, then takes the first `gone` of them out again. */
function resultOf<V, R>(aggregate: InvertibleAggregate<V, unknown, R>, values: readonly V[], gone = 0): R {
  const added = values.reduce((state, value) => aggregate.add(state, value), aggregate.init())
  return aggregate.result(values.slice(0, gone).reduce((state, value) => aggregate.subtract(state, value), added))
}
const itself = (n: number | null): number | null => n

describe('the aggregates that come with over', () => {
  it('say zero or null of nothing', () => {
    const nothing: InvertibleAggregate<number | null>[] = [
      countOf(),
      sumOf(itself),
      meanOf(itself),
      shareOf(() => true),
      countAndSum(itself),
    ]
    expect(nothing.map((aggregate) => resultOf(aggregate, []))).toEqual([0, 0, null, null, { count: 0, sum: 0 }])
  })

  it('count, add up, average and take shares of what is in the range', () => {
    const values = [100, 1, 2, 6]
    expect(resultOf(countOf(), values, 1)).toBe(3)
    expect(resultOf(sumOf(itself), values, 1)).toBe(9)
    expect(resultOf(meanOf(itself), values, 1)).toBe(3)
    expect(
      resultOf(
        shareOf((n: number) => n > 1),
        [...values, 7],
        1,
      ),
    ).toBe(0.75)
    expect(resultOf(countAndSum(itself), values, 1)).toEqual({ count: 3, sum: 9 })
  })

  it('leave out numbers that are null or undefined', () => {
    const values = [{ total: 2 }, { total: null }, {}, { total: 4 }]
    const total = (order: { total?: number | null }): number | null | undefined => order.total
    expect(resultOf(meanOf(total), values)).toBe(3)
    expect(resultOf(countAndSum(total), values)).toEqual({ count: 2, sum: 6 })
    expect(resultOf(countOf(), values)).toBe(4)
  })

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'are right again when %d has left',
    (bad) => {
      expect(resultOf(sumOf(itself), [bad, 1, 2])).toBeNaN()
      expect(resultOf(meanOf(itself), [bad, 1, 2])).toBeNaN()
      expect(resultOf(sumOf(itself), [bad, 1, 2], 1)).toBe(3)
    },
  )

  it('leave no residue when all numbers have left and other values have not', () => {
    expect(resultOf(sumOf(itself), [0.1, 0.2, 0.3, null], 3)).toBe(0)
  })

  it('do not drift while a window slides over a long stream', () => {
    const sum = sumOf((n: number) => n)
    const valueAt = (i: number): number => (i % 1_000 === 0 ? 1e12 : 0.1 + (i % 7) / 3)
    const size = 500
    let state = sum.init()
    for (let i = 0; i < 1_000_000; i++) {
      state = sum.add(state, valueAt(i))
      if (i >= size) state = sum.subtract(state, valueAt(i - size))
    }
    let expected = 0
    for (let i = 1_000_000 - size; i < 1_000_000; i++) expected += valueAt(i)
    expect(Math.abs(sum.result(state) - expected) / expected).toBeLessThan(1e-9)
  })

  it('agree with adding up what remains, in any order of coming and going', () => {
    const value = fc.tuple(fc.double({ min: -1e6, max: 1e6, noNaN: true }), fc.boolean())
    fc.assert(
      fc.property(fc.array(value, { maxLength: 200, size: 'max' }), (values) => {
        const sum = sumOf((n: number) => n)
        let state = sum.init()
        const kept: number[] = []
        for (const [n, leaves] of values) {
          state = sum.add(state, n)
          kept.push(n)
          if (leaves) state = sum.subtract(state, kept.splice(kept.length >> 1, 1)[0]!)
        }
        const scale = values.reduce((total, [n]) => total + Math.abs(n), 1)
        expect(Math.abs(sum.result(state) - kept.reduce((a, b) => a + b, 0)) / scale).toBeLessThan(1e-12)
      }),
    )
  })

  it('combine into one result by name', () => {
    const both = combined({ orders: countOf(), mean: meanOf((order: Order) => order.total) })
    const result: { readonly orders: number; readonly mean: number | null } = resultOf(
      both,
      [{ total: 9 }, { total: 1 }, { total: null }],
      1,
    )
    expect(result).toEqual({ orders: 2, mean: 1 })
  })

  it('know the values that a combination takes, from its parts or from where it is used', () => {
    const used = (aggregate: InvertibleAggregate<Order, unknown, { readonly mean: number | null }>): unknown =>
      aggregate.init()
    expect(used(combined({ mean: meanOf((order) => order.total) }))).toHaveLength(1)
    const both = combined({
      mean: meanOf((order: Order) => order.total),
      share: shareOf((tag: { readonly late: boolean }) => tag.late),
    })
    both.add(both.init(), { total: 1, late: true })
    // @ts-expect-error an order without `late` does not fit the second part
    both.add(both.init(), { total: 1 })
  })

  it('are not changed by what is added after their result was read', () => {
    const both = combined({ all: countAndSum(itself) })
    const state = both.add(both.init(), 1)
    const before = both.result(state)
    both.add(state, 5)
    expect(before).toEqual({ all: { count: 1, sum: 1 } })
  })
})
