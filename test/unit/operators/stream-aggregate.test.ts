import { describe, expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { StreamAggregateOperator, type StreamAggregateOptions } from '../../../src/operators/stream-aggregate.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { recorded } from '../../support/recording-context.ts'

type Options<A> = Partial<StreamAggregateOptions<string, string, A>>

/** Aggregates to the text of all values; a value of `reset` deletes it. */
function concat(options: Options<string> = {}) {
  const store = new MemoryKeyValueStore<string, string>('texts', { key: string(), value: json<string>() })
  const operator = new StreamAggregateOperator<string, string, string>(
    {
      initializer: () => '',
      aggregator: (text, value) => (value === 'reset' ? null : `${text}${value}`),
      sendOldValues: false,
      ...options,
    },
    { store },
  )
  return { store, ...recorded(operator) }
}

describe('time', () => {
  test('a record that is out of order adds to the aggregate and keeps its later timestamp', () => {
    const { send, store } = concat()
    expect(send('k', 'a', 10)).toEqual([['k', change('a', null), 10]])
    expect(send('k', 'b', 4)).toEqual([['k', change('ab', null), 10]])
    expect(send('k', 'c', 10)).toEqual([['k', change('abc', null), 10]])
    expect(store.get('k')).toEqual({ value: 'abc', timestamp: 10 })
  })

  test('a key has a timestamp of its own', () => {
    const { send } = concat()
    send('k', 'a', 10)
    expect(send('other', 'a', 4)).toEqual([['other', change('a', null), 4]])
  })
})

describe('nulls', () => {
  test('a null key and a null value are dropped', () => {
    const { send, context } = concat()
    expect([...send(null, 'a', 1), ...send('k', null, 1)]).toEqual([])
    expect(context.dropped).toEqual(['null-key', 'null-value'])
  })

  test('a null aggregate deletes the entry and sends a tombstone', () => {
    const { send, store } = concat({ sendOldValues: true })
    send('k', 'a', 10)
    expect(send('k', 'reset', 4)).toEqual([['k', change(null, 'a'), 10]])
    expect(store.get('k')).toBeNull()
  })

  test('after a deletion the key starts again from the initializer and from its own timestamp', () => {
    const { send } = concat()
    send('k', 'a', 10)
    send('k', 'reset', 11)
    expect(send('k', 'b', 3)).toEqual([['k', change('b', null), 3]])
  })

  test('a reduce starts from null: the first value is taken as it is', () => {
    const { send } = concat({
      initializer: () => null,
      aggregator: (text, value) => (text === null ? value : `${text}+${value}`),
    })
    expect(send('k', 'a', 1)).toEqual([['k', change('a', null), 1]])
    expect(send('k', 'b', 2)).toEqual([['k', change('a+b', null), 2]])
  })
})

test('the old value of a first update is what the initializer gave, as in Kafka Streams', () => {
  const { send } = concat({ initializer: () => '>', sendOldValues: true })
  expect(send('k', 'a', 1)).toEqual([['k', change('>a', '>'), 1]])
  expect(send('k', 'b', 2)).toEqual([['k', change('>ab', '>a'), 2]])
})

test('the store holds the new aggregate while the result is forwarded', () => {
  const { send, context, store } = concat()
  const seen: unknown[] = []
  context.onForward = () => seen.push(store.get('k')?.value)
  send('k', 'a', 1)
  send('k', 'b', 2)
  expect(seen).toEqual(['a', 'ab'])
})

test('a result carries the headers of the record that caused it', () => {
  const { context, send } = concat()
  const headers = [['trace', new Uint8Array([7])]] as const
  context.onForward = (record) => expect(record.headers).toBe(headers)
  expect(send('k', 'a', 1, headers)).toHaveLength(1)
})
