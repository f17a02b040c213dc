import { expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { TableMapValuesOperator } from '../../../src/operators/table-map-values.ts'
import { TableToStreamOperator } from '../../../src/operators/table-to-stream.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { recorded } from '../../support/recording-context.ts'

const upperButX = (value: string, key: string): string | null =>
  value === 'x' ? null : `${key}:${value.toUpperCase()}`

test('old values are mapped only where somebody asks for them', () => {
  const silent = recorded(new TableMapValuesOperator({ mapper: upperButX, sendOldValues: false }, { store: null }))
  expect(silent.send('k', change('b', 'a'), 1)).toEqual([['k', change('k:B', null), 1]])
  const asked = recorded(new TableMapValuesOperator({ mapper: upperButX, sendOldValues: true }, { store: null }))
  expect(asked.send('k', change('b', 'a'), 1)).toEqual([['k', change('k:B', 'k:A'), 1]])
})

test('a mapper that returns null deletes, and tombstones pass without asking it', () => {
  const store = new MemoryKeyValueStore<string, string>('mapped', { key: string(), value: string() })
  const { send } = recorded(new TableMapValuesOperator({ mapper: upperButX, sendOldValues: true }, { store }))
  expect(send('k', change('a', null), 1)).toEqual([['k', change('k:A', null), 1]])
  expect(send('k', change('x', 'a'), 2)).toEqual([['k', change(null, 'k:A'), 2]])
  expect(store.get('k')).toBeNull()
  expect(send('k', change(null, 'x'), 3)).toEqual([['k', change(null, null), 3]])
})

test('a stored table takes the old value from its store', () => {
  const store = new MemoryKeyValueStore<string, string>('mapped', { key: string(), value: string() })
  const { send } = recorded(new TableMapValuesOperator({ mapper: upperButX, sendOldValues: true }, { store }))
  send('k', change('a', null), 1)
  expect(send('k', change('b', null), 2)).toEqual([['k', change('k:B', 'k:A'), 2]])
})

test('a stream of a table carries new values and null for tombstones', () => {
  const { send } = recorded(new TableToStreamOperator())
  expect(send('k', change('b', 'a'), 1)).toEqual([['k', 'b', 1]])
  expect(send('k', change(null, 'b'), 2)).toEqual([['k', null, 2]])
})
