import { describe, expect, test } from 'vitest'
import { SlidingAggregateOperator, type SlidingAggregateOptions } from '../../../src/operators/sliding-aggregate.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryWindowStore } from '../../../src/state/memory-window-store.ts'
import { recorded } from '../../support/recording-context.ts'
import { windowedResults } from '../../support/windowed-results.ts'

interface Setup extends Partial<SlidingAggregateOptions<string, string, string>> {
  readonly differenceMs?: number
  readonly graceMs?: number
}

/** Aggregates to the text of all values; a value of `reset` deletes it. */
function concat({ differenceMs = 10, graceMs = 50, ...options }: Setup = {}) {
  const serdes = { key: string(), value: json<string>() }
  const retentionMs = 2 * differenceMs + graceMs
  const store = new MemoryWindowStore<string, string>('texts', serdes, { retentionMs, windowSizeMs: differenceMs })
  const operator = new SlidingAggregateOperator<string, string, string>(
    {
      windows: { kind: 'sliding', differenceMs, graceMs },
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

describe('windows of a record', () => {
  test('a first record has a left window only; both bounds are inclusive', () => {
    expect(concat().feed('k', 'a', 20)).toEqual(['k@10/20 a 20'])
  })

  test('a second record creates the right window of the first and its own left window', () => {
    const { feed } = concat()
    feed('k', 'a', 20)
    expect(feed('k', 'b', 25)).toEqual(['k@21/31 b 25', 'k@15/25 ab 25'])
  })

  test('a record exactly the difference later shares its left window with the record before', () => {
    const { feed } = concat()
    feed('k', 'a', 20)
    expect(feed('k', 'b', 30)).toEqual(['k@21/31 b 30', 'k@20/30 ab 30'])
  })

  test('a left window that is also the right window of the record before goes out twice, as in Kafka Streams', () => {
    const { feed } = concat()
    feed('k', 'a', 20)
    feed('k', 'b', 30)
    expect(feed('k', 'c', 41)).toEqual(['k@31/41 c 41', 'k@31/41 c 41'])
  })

  test('a record further away creates its left window alone', () => {
    const { feed } = concat()
    feed('k', 'a', 20)
    expect(feed('k', 'b', 32)).toEqual(['k@22/32 b 32'])
  })

  test('a record of a time that was there before updates both of its windows, newest first', () => {
    const { feed } = concat()
    feed('k', 'a', 20)
    feed('k', 'b', 25)
    expect(feed('k', 'c', 25)).toEqual(['k@21/31 bc 25', 'k@15/25 abc 25'])
  })

  test('keys do not share windows', () => {
    const { feed } = concat()
    feed('k', 'a', 20)
    expect(feed('other', 'b', 21)).toEqual(['other@11/21 b 21'])
  })

  test('a difference of 0 makes one window per time', () => {
    const { feed } = concat({ differenceMs: 0 })
    expect(feed('k', 'a', 0)).toEqual(['k@0/0 a 0'])
    expect(feed('k', 'b', 0)).toEqual(['k@0/0 ab 0'])
    expect(feed('k', 'c', 1)).toEqual(['k@1/1 c 1'])
  })
})

describe('out-of-order records', () => {
  test('an earlier record updates the later windows that hold it and gets a right window of what comes after', () => {
    const { feed } = concat()
    feed('k', 'a', 20)
    feed('k', 'b', 25)
    expect(feed('k', 'c', 22)).toEqual(['k@21/31 bc 25', 'k@15/25 abc 25', 'k@12/22 ac 22', 'k@23/33 b 25'])
  })

  test('an earlier record before all others takes their first window as its right one', () => {
    const { feed } = concat()
    feed('k', 'a', 20)
    expect(feed('k', 'b', 15)).toEqual(['k@10/20 ab 20', 'k@5/15 b 15', 'k@16/26 a 20'])
  })

  test('a late record updates its open windows and drops the closed ones', () => {
    const { feed, context } = concat({ graceMs: 0 })
    feed('k', 'a', 20)
    feed('k', 'b', 25)
    expect(feed('k', 'c', 18)).toEqual(['k@15/25 abc 25', 'k@19/29 ab 25'])
    expect(context.dropped).toEqual(['late', 'late'])
  })

  test('a record whose windows are all closed is dropped once', () => {
    const { feed, context } = concat({ graceMs: 5 })
    feed('k', 'a', 40)
    expect(feed('k', 'b', 25)).toEqual([])
    expect(feed('k', 'c', 24)).toEqual([])
    expect(context.dropped).toEqual(['late', 'late'])
  })
})

describe('early records', () => {
  test('records before the difference share the window that starts at 0, which is updated last', () => {
    const { feed } = concat()
    expect(feed('k', 'a', 4)).toEqual(['k@0/10 a 4'])
    expect(feed('k', 'b', 7)).toEqual(['k@5/15 b 7', 'k@0/10 ab 7'])
  })

  test('an early record that is out of order gets a right window of what the shared window holds', () => {
    const { feed } = concat()
    feed('k', 'a', 7)
    expect(feed('k', 'b', 4)).toEqual(['k@5/15 a 7', 'k@0/10 ab 7'])
    expect(feed('k', 'c', 5)).toEqual(['k@5/15 ac 7', 'k@6/16 a 7', 'k@0/10 abc 7'])
  })

  test('a record at the difference itself is not early and shares the window that starts at 0', () => {
    const { feed } = concat()
    feed('k', 'a', 4)
    expect(feed('k', 'b', 10)).toEqual(['k@0/10 ab 10', 'k@5/15 b 10'])
  })
})

describe('nulls', () => {
  test('a null key and a null value are dropped and do not move stream time', () => {
    const { feed, context } = concat({ graceMs: 0 })
    expect([...feed(null, 'a', 1000), ...feed('k', null, 1000)]).toEqual([])
    expect(context.dropped).toEqual(['null-key', 'null-value'])
    expect(feed('k', 'a', 20)).toEqual(['k@10/20 a 20'])
  })

  test('a null aggregate deletes its window', () => {
    const { feed, store } = concat()
    feed('k', 'a', 20)
    expect(feed('k', 'reset', 20)).toEqual(['k@10/20 null 20'])
    expect(store.fetch('k', 10)).toBeNull()
  })

  test('a reduce starts from null: the first value of a window is taken as it is', () => {
    const { feed } = concat({
      initializer: () => null,
      aggregator: (text, value) => (text === null ? value : `${text}+${value}`),
    })
    feed('k', 'a', 20)
    expect(feed('k', 'b', 25)).toEqual(['k@21/31 b 25', 'k@15/25 a+b 25'])
  })
})

test('the old value of a new left window is what it starts from, as in Kafka Streams', () => {
  const { feed } = concat({ sendOldValues: true, initializer: () => '>' })
  expect(feed('k', 'a', 20)).toEqual(['k@10/20 >->>a 20'])
  expect(feed('k', 'b', 25)).toEqual(['k@21/31 >->>b 25', 'k@15/25 >a->>ab 25'])
  expect(feed('k', 'c', 22)[3]).toBe('k@23/33 >b 25')
})
