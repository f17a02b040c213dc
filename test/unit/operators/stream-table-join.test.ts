import { expect, test } from 'vitest'
import { StreamTableJoinOperator } from '../../../src/operators/stream-table-join.ts'
import { StoreView } from '../../../src/operators/views/store-view.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { recorded } from '../../support/recording-context.ts'

const joiner = (left: string, right: string | null, key: string | null): string => `${key}=${left}+${right}`

function setup(type: 'inner' | 'left'): ReturnType<typeof recorded> & { store: MemoryKeyValueStore<string, string> } {
  const store = new MemoryKeyValueStore<string, string>('table', { key: string(), value: string() })
  return { ...recorded(new StreamTableJoinOperator({ type, joiner }, { table: new StoreView(store) })), store }
}

test('a record meets the table as it is now and keeps its own timestamp and headers', () => {
  const { send, store, context } = setup('inner')
  const headers: [string, Uint8Array][] = [['trace', new Uint8Array([1])]]
  context.onForward = (record) => expect(record.headers).toBe(headers)
  store.put('k', 'from the future', 99)
  expect(send('k', 's', 5, headers)).toEqual([['k', 'k=s+from the future', 5]])
})

test('inner: no result without a table value, and that is no drop', () => {
  const { send, context } = setup('inner')
  expect(send('k', 's', 5)).toEqual([])
  expect(context.dropped).toEqual([])
})

test('inner: null keys and null values are dropped and counted', () => {
  const { send, context } = setup('inner')
  expect([...send(null, 's', 5), ...send('k', null, 6), ...send(null, null, 7)]).toEqual([])
  expect(context.dropped).toEqual(['null-key', 'null-value', 'null-key'])
})

test('left: a missing table value and a null key join with null', () => {
  const { send, context } = setup('left')
  expect(send('k', 's', 5)).toEqual([['k', 'k=s+null', 5]])
  expect(send(null, 's', 6)).toEqual([[null, 'null=s+null', 6]])
  expect(context.dropped).toEqual([])
})

test('left: null values are dropped and counted, with a key or without', () => {
  const { send, context } = setup('left')
  expect([...send('k', null, 5), ...send(null, null, 6)]).toEqual([])
  expect(context.dropped).toEqual(['null-value', 'null-key'])
})

test('a joiner may return null: the result is a null value', () => {
  const table = { get: () => null }
  const { send } = recorded(new StreamTableJoinOperator({ type: 'left', joiner: (_left, right) => right }, { table }))
  expect(send('k', 's', 5)).toEqual([['k', null, 5]])
})
