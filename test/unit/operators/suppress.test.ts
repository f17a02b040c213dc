import { describe, expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import type { StateError } from '../../../src/core/errors.ts'
import { windowed } from '../../../src/core/windowed.ts'
import { SuppressOperator, type SuppressOptions } from '../../../src/operators/suppress.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { timeWindowed } from '../../../src/serde/windowed-serdes.ts'
import { MemorySuppressStore } from '../../../src/state/memory-suppress-store.ts'
import { recorded } from '../../support/recording-context.ts'
import { windowedResults } from '../../support/windowed-results.ts'

const unbounded = { maxRecords: null, maxBytes: null, onFull: 'emit' } as const

function timeLimit(durationMs: number, options: Partial<SuppressOptions> = {}) {
  const store = new MemorySuppressStore<string, string>('buffer', { key: string(), value: json<string>() })
  const operator = new SuppressOperator<string, string>(
    { until: 'time-limit', durationMs, ...unbounded, ...options },
    { store },
  )
  return { store, ...recorded(operator) }
}

/** Windows of 10 ms; `feed` takes the window's start. */
function windowClose(graceMs: number) {
  const store = new MemorySuppressStore('buffer', { key: timeWindowed(string(), 10), value: json<string>() })
  const { context, send } = recorded(
    new SuppressOperator({ until: 'window-close', durationMs: graceMs, ...unbounded }, { store }),
  )
  const feed = (key: string, start: number, value: string | null, timestamp: number): string[] =>
    windowedResults(send(windowed(key, start, start + 10), change(value, null), timestamp))
  return { context, store, feed }
}

describe('until the window closes', () => {
  test('a window goes out once, with its last value and timestamp, when stream time reaches its end plus grace', () => {
    const { feed } = windowClose(5)
    expect([...feed('k', 0, 'a', 3), ...feed('k', 0, 'b', 9), ...feed('k', 10, 'c', 14)]).toEqual([])
    expect(feed('other', 10, 'd', 15)).toEqual(['k@0/10 b 9'])
  })

  test('windows closed together go by their end, then by the bytes of their key', () => {
    const { feed } = windowClose(0)
    const quiet = [...feed('b', 0, 'b', 1), ...feed('a', 0, 'a', 2), ...feed('z', 10, 'z', 9)]
    expect(quiet).toEqual([])
    expect(feed('k', 20, 'k', 25)).toEqual(['a@0/10 a 2', 'b@0/10 b 1', 'z@10/20 z 9'])
  })

  test('a late update does not move stream time back, and goes out at once when its window is over', () => {
    const { feed } = windowClose(0)
    feed('k', 20, 'a', 25)
    expect(feed('k', 0, 'late', 3)).toEqual(['k@0/10 late 3'])
  })

  test('the tombstone of a window is swallowed', () => {
    const { feed, store } = windowClose(0)
    feed('k', 0, 'a', 1)
    feed('k', 0, null, 1)
    expect(feed('other', 20, 'b', 25)).toEqual([])
    expect(store.recordCount).toBe(1)
  })
})

describe('until a time limit', () => {
  test('the first update of a key starts the clock, and the last one goes out with its own timestamp', () => {
    const { send } = timeLimit(10)
    expect([...send('k', change('a', null), 0), ...send('k', change('b', 'a'), 8)]).toEqual([])
    expect(send('other', change('x', null), 10)).toEqual([['k', change('b', 'a'), 8]])
  })

  test('after it went out, the next update of a key starts the clock again', () => {
    const { send } = timeLimit(10)
    send('k', change('a', null), 0)
    send('other', change('x', null), 12)
    send('k', change('b', 'a'), 13)
    expect(send('other', change('y', 'x'), 22)).toEqual([['other', change('y', 'x'), 22]])
    expect(send('third', change('z', null), 23)).toEqual([['k', change('b', 'a'), 13]])
  })

  test('an update that is out of order is due by its own time', () => {
    const { send } = timeLimit(10)
    send('k', change('a', null), 20)
    expect(send('early', change('b', null), 10)).toEqual([['early', change('b', null), 10]])
  })

  test('a tombstone goes out', () => {
    const { send } = timeLimit(0)
    expect(send('k', change(null, 'a'), 1)).toEqual([['k', change(null, 'a'), 1]])
  })

  test('a limit of 0 holds nothing back', () => {
    const { send, store } = timeLimit(0)
    expect(send('k', change('a', null), 5)).toEqual([['k', change('a', null), 5]])
    expect(store.recordCount).toBe(0)
  })
})

describe('a full buffer', () => {
  test('emits its oldest entries early', () => {
    const { send } = timeLimit(100, { maxRecords: 2 })
    send('b', change('1', null), 5)
    send('a', change('2', null), 5)
    expect(send('c', change('3', null), 1)).toEqual([['c', change('3', null), 1]])
    expect(send('d', change('4', null), 9)).toEqual([['a', change('2', null), 5]])
  })

  test('is not fuller for another update of a key that it holds', () => {
    const { send } = timeLimit(100, { maxRecords: 1, onFull: 'fail' })
    send('k', change('a', null), 1)
    expect(send('k', change('b', 'a'), 2)).toEqual([])
  })

  test('emits what is due before it looks at its limit', () => {
    const { send } = timeLimit(10, { maxRecords: 1, onFull: 'fail' })
    send('a', change('1', null), 0)
    expect(send('b', change('2', null), 10)).toEqual([['a', change('1', null), 0]])
  })

  test('counts bytes too', () => {
    const { send, store } = timeLimit(100, { maxBytes: 200 })
    send('a', change('x', null), 1)
    expect(send('b', change('y'.repeat(300), null), 2)).toHaveLength(2)
    expect(store.byteCount).toBe(0)
  })

  test('fails where it may not emit, and says which node, which limit and what to do', () => {
    const { send } = timeLimit(100, { maxRecords: 1, onFull: 'fail' })
    send('a', change('1', null), 1)
    let error: StateError | undefined
    try {
      send('b', change('2', null), 2)
    } catch (caught) {
      error = caught as StateError
    }
    expect(error).toMatchObject({ code: 'MILLRACE_BUFFER_FULL', nodeName: 'under-test' })
    expect(error?.message).toMatch(/under-test is full: it holds 2 records \(limit 1\).*Raise its limit/)
  })
})

test('while an entry goes out, the buffer still says what it replaces', () => {
  const { send, context, store } = timeLimit(10)
  const prior: unknown[] = []
  context.onForward = ({ key }) => prior.push(store.priorValue(key as string)?.value)
  send('k', change('b', 'a'), 0)
  send('k', change('c', 'b'), 1)
  send('other', change('x', null), 10)
  expect(prior).toEqual(['a'])
  expect(store.priorValue('k')).toBeUndefined()
})

test('what goes out carries the headers of its latest update', () => {
  const { send, context } = timeLimit(10)
  const headers: unknown[] = []
  context.onForward = (record) => headers.push(record.headers)
  send('k', change('a', null), 0, [['n', new Uint8Array([1])]])
  send('k', change('b', 'a'), 1, [['n', new Uint8Array([2])]])
  send('other', change('x', null), 10)
  expect(headers).toEqual([[['n', new Uint8Array([2])]]])
})
