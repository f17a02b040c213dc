import { describe, expect, test } from 'vitest'
import { SessionAggregateOperator, type SessionAggregateOptions } from '../../../src/operators/session-aggregate.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemorySessionStore } from '../../../src/state/memory-session-store.ts'
import { recorded } from '../../support/recording-context.ts'
import { windowedResults } from '../../support/windowed-results.ts'

interface Setup extends Partial<SessionAggregateOptions<string, string, string>> {
  readonly gapMs?: number
  readonly graceMs?: number
}

/** Aggregates to the text of all values; a value of `reset` deletes it. */
function concat({ gapMs = 5, graceMs = 0, ...options }: Setup = {}) {
  const serdes = { key: string(), value: json<string>() }
  const store = new MemorySessionStore<string, string>('texts', serdes, { retentionMs: gapMs + graceMs })
  const operator = new SessionAggregateOperator<string, string, string>(
    {
      windows: { kind: 'session', gapMs, graceMs },
      initializer: () => '',
      aggregator: (text, value) => (value === 'reset' ? null : `${text}${value}`),
      merger: (left, right) => `${left}${right}`,
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

describe('merging', () => {
  test('a record within the gap replaces its session: first its tombstone, then the longer one', () => {
    const { feed } = concat()
    expect(feed('k', 'a', 10)).toEqual(['k@10/10 a 10'])
    expect(feed('k', 'b', 15)).toEqual(['k@10/10 null 10', 'k@10/15 ab 15'])
    expect(feed('k', 'c', 21)).toEqual(['k@21/21 c 21'])
  })

  test('a record between two sessions joins them, older first', () => {
    const { feed, store } = concat({ graceMs: 20 })
    feed('k', 'a', 10)
    feed('k', 'b', 20)
    expect(feed('k', 'c', 15)).toEqual(['k@10/10 null 10', 'k@20/20 null 20', 'k@10/20 abc 20'])
    expect(store.entryCount).toBe(1)
  })

  test('a record of the same time as its session replaces it without a tombstone', () => {
    const { feed } = concat({ sendOldValues: true })
    feed('k', 'a', 10)
    expect(feed('k', 'b', 10)).toEqual(['k@10/10 ab 10'])
  })

  test('a record inside its session sends a tombstone although the bounds stay', () => {
    const { feed } = concat()
    feed('k', 'a', 10)
    feed('k', 'b', 14)
    expect(feed('k', 'c', 12)).toEqual(['k@10/14 null 14', 'k@10/14 abc 14'])
  })

  test('old values go out with the tombstones only', () => {
    const { feed } = concat({ sendOldValues: true })
    feed('k', 'a', 10)
    expect(feed('k', 'b', 12)).toEqual(['k@10/10 a->null 10', 'k@10/12 ab 12'])
  })

  test('a gap of 0 joins records of one time only', () => {
    const { feed } = concat({ gapMs: 0, graceMs: 5 })
    feed('k', 'a', 10)
    expect(feed('k', 'b', 10)).toEqual(['k@10/10 ab 10'])
    expect(feed('k', 'c', 11)).toEqual(['k@11/11 c 11'])
  })

  test('the store has the merged sessions removed before their tombstones go out', () => {
    const { feed, context, store } = concat()
    const left: number[] = []
    feed('k', 'a', 10)
    context.onForward = () => left.push(store.entryCount)
    feed('k', 'b', 12)
    expect(left).toEqual([0, 1])
  })
})

describe('late records', () => {
  test('a session is open until its end lies before stream time minus gap and grace', () => {
    const { feed, context } = concat({ graceMs: 3 })
    feed('k', 'a', 30)
    expect(feed('k', 'b', 23)).toEqual(['k@23/23 b 23'])
    expect(feed('k', 'c', 17)).toEqual([])
    expect(context.dropped).toEqual(['late'])
  })

  test('at the last moment the store no longer takes it: counted as expired, it goes out and is forgotten', () => {
    const { feed, context } = concat({ graceMs: 3 })
    feed('k', 'a', 30)
    expect(feed('k', 'b', 22)).toEqual(['k@22/22 b 22'])
    expect(feed('k', 'c', 22)).toEqual(['k@22/22 c 22'])
    expect(feed('k', 'd', 21)).toEqual([])
    expect(context.dropped).toEqual(['expired', 'expired', 'late'])
  })

  test('a late record that reaches an open session is taken', () => {
    const { feed } = concat()
    feed('k', 'a', 10)
    feed('other', 'x', 14)
    expect(feed('k', 'b', 6)).toEqual(['k@10/10 null 10', 'k@6/10 ab 10'])
  })

  test('stream time is shared by all keys, and a record without a key does not move it', () => {
    const { feed, context } = concat()
    feed(null, 'x', 1000)
    feed('one', 'a', 20)
    expect(feed('other', 'b', 14)).toEqual([])
    expect(context.dropped).toEqual(['null-key', 'late'])
  })
})

describe('nulls', () => {
  test('a null value reaches the aggregator, as in Kafka Streams', () => {
    expect(concat().feed('k', null, 1)).toEqual(['k@1/1 null 1'])
  })

  test('a null aggregate deletes the session and sends a tombstone for its new bounds', () => {
    const { feed, store } = concat()
    feed('k', 'a', 10)
    expect(feed('k', 'reset', 12)).toEqual(['k@10/10 null 10', 'k@10/12 null 12'])
    expect(store.entryCount).toBe(0)
  })

  test('a reduce starts from null, which the merger sees on its left', () => {
    const { feed } = concat({
      initializer: () => null,
      aggregator: (text, value) => (text === null ? value : `${text}+${value}`),
      merger: (left, right) => (left === null ? right : `${left}+${right}`),
    })
    feed('k', 'a', 10)
    expect(feed('k', 'b', 12)).toEqual(['k@10/10 null 10', 'k@10/12 a+b 12'])
  })
})

test('results carry no headers, as in Kafka Streams', () => {
  const { context, send } = concat()
  context.onForward = (record) => expect(record.headers).toEqual([])
  expect(send('k', 'a', 1, [['trace', new Uint8Array([7])]])).toHaveLength(1)
})
