import { describe, expect, test } from 'vitest'
import { WindowAggregateOperator, type WindowAggregateOptions } from '../../../src/operators/window-aggregate.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryWindowStore } from '../../../src/state/memory-window-store.ts'
import { recorded } from '../../support/recording-context.ts'
import { windowedResults } from '../../support/windowed-results.ts'

interface Setup extends Partial<WindowAggregateOptions<string, string, string>> {
  readonly sizeMs?: number
  readonly advanceMs?: number
  readonly graceMs?: number
  readonly retentionMs?: number
}

/** Aggregates to the text of all values; a value of `reset` deletes it. */
function concat({
  sizeMs = 10,
  advanceMs = sizeMs,
  graceMs = 0,
  retentionMs = sizeMs + graceMs,
  ...options
}: Setup = {}) {
  const serdes = { key: string(), value: json<string>() }
  const store = new MemoryWindowStore<string, string>('texts', serdes, { retentionMs, windowSizeMs: sizeMs })
  const operator = new WindowAggregateOperator<string, string, string>(
    {
      windows: { kind: 'time', sizeMs, advanceMs, graceMs },
      initializer: () => '',
      aggregator: (text, value) => (value === 'reset' ? null : `${text}${value}`),
      sendOldValues: false,
      ...options,
    },
    { store },
  )
  const { context, send } = recorded(operator)
  const feed = (key: string | null, value: string | null, timestamp: number): string[] =>
    windowedResults(send(key, value, timestamp))
  return { context, store, feed, send }
}

describe('tumbling windows', () => {
  test('start at multiples of their size and hold their start but not their end', () => {
    const { feed } = concat()
    expect(feed('k', 'a', 0)).toEqual(['k@0/10 a 0'])
    expect(feed('k', 'b', 9)).toEqual(['k@0/10 ab 9'])
    expect(feed('k', 'c', 10)).toEqual(['k@10/20 c 10'])
  })

  test('a record that is out of order, or of the same time, keeps the later timestamp', () => {
    const { feed } = concat()
    feed('k', 'a', 7)
    expect(feed('k', 'b', 3)).toEqual(['k@0/10 ab 7'])
    expect(feed('k', 'c', 7)).toEqual(['k@0/10 abc 7'])
  })

  test('a late record inside grace updates its window, the first one outside is dropped', () => {
    const { feed, context } = concat({ graceMs: 5 })
    feed('k', 'a', 1)
    feed('k', 'b', 14)
    expect(feed('k', 'c', 2)).toEqual(['k@0/10 ac 2'])
    feed('k', 'd', 15)
    expect(feed('k', 'e', 9)).toEqual([])
    expect(context.dropped).toEqual(['late'])
  })

  test('stream time is shared by all keys', () => {
    const { feed, context } = concat()
    feed('one', 'a', 20)
    expect(feed('other', 'b', 9)).toEqual([])
    expect(context.dropped).toEqual(['late'])
  })

  test('a record without a key does not move stream time', () => {
    const { feed, context } = concat()
    expect(feed(null, 'a', 1000)).toEqual([])
    expect(feed('k', 'b', 1)).toEqual(['k@0/10 b 1'])
    expect(context.dropped).toEqual(['null-key'])
  })
})

describe('hopping windows', () => {
  test('a record updates all its windows, oldest first, and none that starts before 0', () => {
    const { feed } = concat({ advanceMs: 5 })
    expect(feed('k', 'a', 12)).toEqual(['k@5/15 a 12', 'k@10/20 a 12'])
    expect(feed('k', 'b', 10)).toEqual(['k@5/15 ab 12', 'k@10/20 ab 12'])
    expect(concat({ advanceMs: 3 }).feed('k', 'c', 4)).toEqual(['k@0/10 c 4', 'k@3/13 c 4'])
  })

  test('an advance that does not divide the size leaves a record in fewer or more windows', () => {
    const { feed } = concat({ advanceMs: 7 })
    expect(feed('k', 'a', 6)).toEqual(['k@0/10 a 6'])
    expect(feed('k', 'b', 9)).toEqual(['k@0/10 ab 9', 'k@7/17 b 9'])
  })

  test('a record that is late for its older windows still updates its newer ones', () => {
    const { feed, context } = concat({ advanceMs: 5 })
    feed('k', 'a', 15)
    expect(feed('k', 'b', 12)).toEqual(['k@10/20 ab 15'])
    expect(context.dropped).toEqual(['late'])
    feed('k', 'c', 20)
    expect(feed('k', 'd', 12)).toEqual([])
    expect(context.dropped).toEqual(['late', 'late', 'late'])
  })
})

describe('nulls', () => {
  test('a null value reaches the aggregator, as in Kafka Streams', () => {
    const { feed, context } = concat()
    expect(feed('k', null, 1)).toEqual(['k@0/10 null 1'])
    expect(feed('k', 'a', 2)).toEqual(['k@0/10 nulla 2'])
    expect(context.dropped).toEqual([])
  })

  test('a null aggregate deletes the window, and its next record starts it again', () => {
    const { feed, store } = concat({ sendOldValues: true, initializer: () => '>' })
    feed('k', 'a', 5)
    expect(feed('k', 'reset', 3)).toEqual(['k@0/10 >a->null 5'])
    expect(store.fetch('k', 0)).toBeNull()
    expect(feed('k', 'b', 2)).toEqual(['k@0/10 >->>b 2'])
  })

  test('a reduce starts from null: the first value is taken as it is', () => {
    const { feed } = concat({
      initializer: () => null,
      aggregator: (text, value) => (text === null ? value : `${text}+${value}`),
    })
    expect(feed('k', 'a', 1)).toEqual(['k@0/10 a 1'])
    expect(feed('k', 'b', 2)).toEqual(['k@0/10 a+b 2'])
  })
})

test('a result that the store no longer takes is counted as expired and goes out', () => {
  const { feed, context } = concat({ graceMs: 100, retentionMs: 10 })
  feed('k', 'a', 50)
  expect(feed('k', 'b', 5)).toEqual(['k@0/10 b 5'])
  expect(context.dropped).toEqual(['expired'])
})

test('a result carries the headers of the record that caused it', () => {
  const { context, send } = concat()
  const headers = [['trace', new Uint8Array([7])]] as const
  context.onForward = (record) => expect(record.headers).toBe(headers)
  expect(send('k', 'a', 1, headers)).toHaveLength(1)
})
