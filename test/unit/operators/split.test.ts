import { describe, expect, it } from 'vitest'
import { SplitOperator } from '../../../src/operators/split.ts'
import type { Predicate } from '../../../src/topology/functions.ts'
import { recorded } from '../../support/recording-context.ts'

const large: Predicate = (n: number) => n > 10
const positive: Predicate = (n: number) => n > 0
const named: Predicate = (_n, key) => key === 'named'

/** The children that get these values, in order. */
function childrenOf(predicates: readonly (Predicate | null)[], values: readonly number[], key = 'k'): unknown {
  const { context, send } = recorded(new SplitOperator({ predicates }))
  for (const value of values) send(key, value, 0)
  expect(context.forwarded).toEqual([])
  expect(context.dropped).toEqual([])
  return context.forwardedTo.map(({ childIndex, record }) => [record.value, childIndex])
}

describe('split', () => {
  it('sends each record to the first branch whose predicate holds', () => {
    expect(childrenOf([large, positive], [11, 1])).toEqual([
      [11, 0],
      [1, 1],
    ])
  })

  it('lets a record end for which no predicate holds, without counting it as dropped', () => {
    expect(childrenOf([large, positive], [-1])).toEqual([])
  })

  it('sends what is left to the default branch', () => {
    expect(childrenOf([large, null], [11, -1])).toEqual([
      [11, 0],
      [-1, 1],
    ])
  })

  it('shows the key to its predicates', () => {
    expect(childrenOf([named, null], [1], 'named')).toEqual([[1, 0]])
  })
})
