import { describe, expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { TableAggregateOperator, type TableAggregateOptions } from '../../../src/operators/table-aggregate.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { recorded } from '../../support/recording-context.ts'

/** Writes down what is added and taken out; taking out `last` makes the aggregate null. */
function trace(options: Partial<TableAggregateOptions<string, string, string>> = {}) {
  const store = new MemoryKeyValueStore<string, string>('traces', { key: string(), value: json<string>() })
  const operator = new TableAggregateOperator<string, string, string>(
    {
      initializer: () => '>',
      adder: (text, value) => `${text}+${value}`,
      subtractor: (text, value) => (value === 'last' ? null : `${text}-${value}`),
      sendOldValues: false,
      ...options,
    },
    { store },
  )
  return { store, ...recorded(operator) }
}

describe('order', () => {
  test('the old value is taken out before the new one is added, as one update', () => {
    const { send } = trace()
    expect(send('g', change('a', null), 1)).toEqual([['g', change('>+a', null), 1]])
    expect(send('g', change('b', 'a'), 2)).toEqual([['g', change('>+a-a+b', null), 2]])
  })

  test('an old value is ignored where no aggregate is stored', () => {
    const { send } = trace()
    expect(send('g', change('b', 'a'), 1)).toEqual([['g', change('>+b', null), 1]])
  })

  test('an aggregate that becomes null while subtracting starts again from the initializer', () => {
    const { send } = trace()
    send('g', change('last', null), 1)
    expect(send('g', change('b', 'last'), 2)).toEqual([['g', change('>+b', null), 2]])
  })
})

describe('deletion', () => {
  test('a null aggregate deletes the entry and sends a tombstone', () => {
    const { send, store } = trace({ sendOldValues: true })
    send('g', change('last', null), 1)
    expect(send('g', change(null, 'last'), 2)).toEqual([['g', change(null, '>+last'), 2]])
    expect(store.get('g')).toBeNull()
  })

  test('a group that never had an aggregate still sends a tombstone', () => {
    const { send } = trace()
    expect(send('g', change(null, 'a'), 5)).toEqual([['g', change(null, null), 5]])
  })

  test('a count goes down to 0 and stays', () => {
    const store = new MemoryKeyValueStore<string, number>('counts', { key: string(), value: json<number>() })
    const count = new TableAggregateOperator<string, string, number>(
      { initializer: () => 0, adder: (n) => (n ?? 0) + 1, subtractor: (n) => (n ?? 0) - 1, sendOldValues: false },
      { store },
    )
    const { send } = recorded(count)
    send('g', change('a', null), 1)
    expect(send('g', change(null, 'a'), 2)).toEqual([['g', change(0, null), 2]])
  })
})

describe('time', () => {
  test('an update that is out of order keeps the later timestamp, whether it adds or takes out', () => {
    const { send } = trace()
    send('g', change('a', null), 10)
    expect(send('g', change('b', null), 4)).toEqual([['g', change('>+a+b', null), 10]])
    expect(send('g', change(null, 'a'), 5)).toEqual([['g', change('>+a+b-a', null), 10]])
  })

  test('after a deletion the group starts from the timestamp of its next update', () => {
    const { send } = trace()
    send('g', change('last', null), 10)
    send('g', change(null, 'last'), 11)
    expect(send('g', change('a', null), 3)).toEqual([['g', change('>+a', null), 3]])
  })
})

test('with old values, the first update has none', () => {
  const { send } = trace({ sendOldValues: true })
  expect(send('g', change('a', null), 1)).toEqual([['g', change('>+a', null), 1]])
  expect(send('g', change('b', null), 2)).toEqual([['g', change('>+a+b', '>+a'), 2]])
})

test('a reduce starts from null: the first value is taken as it is', () => {
  const { send } = trace({
    initializer: () => null,
    adder: (text, value) => (text === null ? value : `${text}+${value}`),
  })
  expect(send('g', change('a', null), 1)).toEqual([['g', change('a', null), 1]])
  expect(send('g', change('c', 'a'), 2)).toEqual([['g', change('a-a+c', null), 2]])
})
