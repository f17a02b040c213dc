import { expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { TableSourceOperator } from '../../../src/operators/table-source.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { recorded } from '../../support/recording-context.ts'

function stringStore(): MemoryKeyValueStore<string, string> {
  return new MemoryKeyValueStore('table', { key: string(), value: string() })
}

test('a null key is dropped and counted', () => {
  const store = stringStore()
  const { send, context } = recorded(new TableSourceOperator({ sendOldValues: true }, { store }))
  expect(send(null, 'v', 1)).toEqual([])
  expect(context.dropped).toEqual(['null-key'])
  expect(store.entryCount).toBe(0)
})

test('old values come from the store, and a null value deletes', () => {
  const store = stringStore()
  const { send } = recorded(new TableSourceOperator({ sendOldValues: true }, { store }))
  expect(send('k', 'a', 1)).toEqual([['k', change('a', null), 1]])
  expect(send('k', 'b', 2)).toEqual([['k', change('b', 'a'), 2]])
  expect(send('k', null, 3)).toEqual([['k', change(null, 'b'), 3]])
  expect(store.get('k')).toBeNull()
})

test('an older timestamp overwrites a newer value', () => {
  const store = stringStore()
  const { send } = recorded(new TableSourceOperator({ sendOldValues: true }, { store }))
  send('k', 'new', 10)
  expect(send('k', 'late', 4)).toEqual([['k', change('late', 'new'), 4]])
  expect(store.get('k')).toEqual({ value: 'late', timestamp: 4 })
})

test('an equal update and the tombstone of an unknown key are passed on', () => {
  const { send } = recorded(new TableSourceOperator({ sendOldValues: true }, { store: stringStore() }))
  send('k', 'same', 1)
  expect(send('k', 'same', 2)).toEqual([['k', change('same', 'same'), 2]])
  expect(send('unknown', null, 3)).toEqual([['unknown', change(null, null), 3]])
})

test('a store alone does not make old values flow', () => {
  const { send } = recorded(new TableSourceOperator({ sendOldValues: false }, { store: stringStore() }))
  send('k', 'a', 1)
  expect(send('k', 'b', 2)).toEqual([['k', change('b', null), 2]])
})

test('the store holds the update before anybody downstream sees it', () => {
  const store = stringStore()
  const { send, context } = recorded(new TableSourceOperator({ sendOldValues: false }, { store }))
  const seen: unknown[] = []
  context.onForward = () => seen.push(store.get('k')?.value)
  send('k', 'a', 1)
  expect(seen).toEqual(['a'])
})

test('without a store updates pass through with their headers', () => {
  const { send, context } = recorded(new TableSourceOperator({ sendOldValues: false }, { store: null }))
  const headers: [string, Uint8Array][] = [['trace', new Uint8Array([1])]]
  context.onForward = (record) => expect(record.headers).toBe(headers)
  expect(send('k', 'a', 1, headers)).toEqual([['k', change('a', null), 1]])
})
