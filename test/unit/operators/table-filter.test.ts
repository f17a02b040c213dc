import { describe, expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { TableFilterOperator } from '../../../src/operators/table-filter.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { recorded } from '../../support/recording-context.ts'

const isBig = (value: number): boolean => value > 10

function numberStore(): MemoryKeyValueStore<string, number> {
  return new MemoryKeyValueStore('filtered', { key: string(), value: json<number>() })
}

describe('without old values', () => {
  const options = { predicate: isBig, negate: false, sendOldValues: false, versioned: false }

  test('a value that does not pass becomes a tombstone, even for a key never seen', () => {
    const { send } = recorded(new TableFilterOperator(options, { store: null }))
    expect(send('k', change(5, null), 1)).toEqual([['k', change(null, null), 1]])
    expect(send('k', change(null, null), 2)).toEqual([['k', change(null, null), 2]])
  })

  test('old values that another branch asked for are not passed on', () => {
    const { send } = recorded(new TableFilterOperator(options, { store: null }))
    expect(send('k', change(20, 15), 1)).toEqual([['k', change(20, null), 1]])
  })
})

describe('with old values', () => {
  const options = { predicate: isBig, negate: false, sendOldValues: true, versioned: false }

  test('the tombstone of a key that did not pass before is left out', () => {
    const { send } = recorded(new TableFilterOperator(options, { store: null }))
    expect(send('k', change(5, null), 1)).toEqual([])
    expect(send('k', change(20, 5), 2)).toEqual([['k', change(20, null), 2]])
    expect(send('k', change(6, 20), 3)).toEqual([['k', change(null, 20), 3]])
    expect(send('k', change(7, 6), 4)).toEqual([])
  })

  test('a store gives the old value, whatever the parent sends', () => {
    const store = numberStore()
    const { send } = recorded(new TableFilterOperator(options, { store }))
    expect(send('k', change(5, 99), 1)).toEqual([])
    expect(send('k', change(20, null), 2)).toEqual([['k', change(20, null), 2]])
    expect(send('k', change(null, null), 3)).toEqual([['k', change(null, 20), 3]])
    expect(store.get('k')).toBeNull()
  })
})

test('a stored table without old values sends every tombstone', () => {
  const options = { predicate: isBig, negate: false, sendOldValues: false, versioned: false }
  const { send } = recorded(new TableFilterOperator(options, { store: numberStore() }))
  expect(send('k', change(5, null), 1)).toEqual([['k', change(null, null), 1]])
})

test('negated, what does not match passes, and the predicate never sees a tombstone', () => {
  const seen: unknown[] = []
  const predicate = (value: number, key: string): boolean => {
    seen.push([value, key])
    return value > 10
  }
  const options = { predicate, negate: true, sendOldValues: false, versioned: false }
  const { send } = recorded(new TableFilterOperator(options, { store: null }))
  expect(send('k', change(5, null), 1)).toEqual([['k', change(5, null), 1]])
  expect(send('k', change(20, null), 2)).toEqual([['k', change(null, null), 2]])
  expect(send('k', change(null, null), 3)).toEqual([['k', change(null, null), 3]])
  expect(seen).toEqual([
    [5, 'k'],
    [20, 'k'],
  ])
})
