import { describe, expect, it } from 'vitest'
import { streamRecord, type Headers } from '../../../src/core/stream-record.ts'
import { OverOperator, type OverOptions } from '../../../src/operators/over.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryOverStore } from '../../../src/state/memory-over-store.ts'
import { countOf, sumOf } from '../../../src/topology/invertible-aggregates.ts'
import { recorded } from '../../support/recording-context.ts'

const hour = { name: 'hour', rangeMs: 60, delayMs: 0 }

function over(options: Partial<OverOptions<string, number, unknown>> = {}, retentionMs = 1_000) {
  const store = new MemoryOverStore('over', { key: string(), value: json<number>() }, { retentionMs })
  const operator = new OverOperator<string, number, unknown>(
    { ranges: [hour], aggregate: sumOf((n: number) => n), graceMs: 100, closed: 'right', where: null, ...options },
    { store },
  )
  const { context, send } = recorded(operator)
  const result = (key: unknown, value: unknown, time: number) =>
    send(key, value, time).map(([, sent]) => (sent as { over: unknown }).over)[0]
  return { operator, store, context, send, result }
}

describe('over', () => {
  it('sends on key, timestamp and headers with the value beside its results', () => {
    const { operator, context } = over()
    const headers: Headers = [['trace', new Uint8Array([1])]]
    operator.process(streamRecord('card', 5, 10, headers))
    expect(context.forwarded).toEqual([streamRecord('card', { value: 5, over: { hour: 5 } }, 10, headers)])
  })

  it('leaves the left end out, or takes it in when both ends are closed', () => {
    const right = over()
    const both = over({ closed: 'both' })
    for (const { result } of [right, both]) result('a', 1, 0)
    expect([right.result('a', 2, 60), both.result('a', 2, 60)]).toEqual([{ hour: 2 }, { hour: 3 }])
  })

  it('covers earlier arrivals of the same time, not later ones', () => {
    const { result } = over()
    expect([1, 2, 4].map((n) => result('a', n, 10))).toEqual([{ hour: 1 }, { hour: 3 }, { hour: 7 }])
  })

  it('gives a late record the result of its own time and counts it in the results that follow', () => {
    const { result } = over()
    expect(result('a', 1, 0)).toEqual({ hour: 1 })
    expect(result('a', 4, 70)).toEqual({ hour: 4 })
    expect(result('a', 2, 20)).toEqual({ hour: 3 })
    expect(result('a', 8, 75)).toEqual({ hour: 14 })
  })

  it('looks at a range that ended some time ago', () => {
    const { result } = over({ ranges: [{ name: 'before', rangeMs: 10, delayMs: 5 }] })
    expect([0, 4, 5, 15].map((time) => result('a', 1, time))).toEqual([
      { before: 0 },
      { before: 0 },
      { before: 1 },
      { before: 2 },
    ])
  })

  it('gives a result to records that do not count, and keeps no state for them', () => {
    const { result, store } = over({ where: (n) => n > 0 })
    expect(result('a', -1, 0)).toEqual({ hour: 0 })
    expect(store.entryCount).toBe(0)
    result('a', 3, 5)
    expect(result('a', -1, 6)).toEqual({ hour: 3 })
  })

  it('drops what is older than stream time minus grace, whichever key moved stream time', () => {
    const { result, context } = over({ graceMs: 10 })
    result('a', 1, 100)
    expect(result('b', 1, 90)).toEqual({ hour: 1 })
    expect(result('b', 1, 89)).toBeUndefined()
    expect(context.dropped).toEqual(['late'])
  })

  it('drops null keys and null values, which do not move stream time', () => {
    const { result, context } = over({ graceMs: 0 })
    result(null, 1, 100)
    result('a', null, 100)
    expect(result('a', 1, 50)).toEqual({ hour: 1 })
    expect(context.dropped).toEqual(['null-key', 'null-value'])
  })

  it('is as before a record whose function threw', () => {
    const numberOf = (n: number): number => {
      if (n === 13) throw new Error('unlucky')
      return n
    }
    const ranges = [hour, { name: 'minute', rangeMs: 5, delayMs: 0 }]
    const { result, store } = over({ aggregate: sumOf(numberOf), ranges })
    result('a', 1, 0)
    result('a', 2, 10)
    expect(() => result('a', 13, 20)).toThrow('unlucky')
    expect(() => result('a', 13, 5)).toThrow('unlucky')
    expect(() => result('b', 13, 5)).toThrow('unlucky')
    expect(store.entryCount).toBe(2)
    expect(store.changedCount).toBe(3)
    expect(result('a', 4, 20)).toEqual({ hour: 7, minute: 4 })
  })

  it('keeps a record that failed further down', () => {
    const { result, context } = over()
    context.onForward = () => {
      throw new Error('downstream')
    }
    expect(() => result('a', 1, 0)).toThrow('downstream')
    context.onForward = undefined
    context.take()
    expect(result('a', 2, 1)).toEqual({ hour: 3 })
  })

  it('forgets a key that never comes again', () => {
    const { result, store } = over({ aggregate: countOf(), graceMs: 0 }, 60)
    result('gone', 1, 0)
    for (let time = 0; time <= 61; time++) result('other', 1, time)
    expect(store.log('gone')).toBeUndefined()
    expect(store.entryCount).toBe(61)
    expect(result('other', 1, 1_000_000)).toEqual({ hour: 1 })
    expect(store.entryCount).toBe(1)
  })

  it('starts an emptied range from zero again, whatever rounding had left', () => {
    const drifting = {
      init: () => 0,
      add: (a: number, n: number) => a + n,
      subtract: (a: number, n: number) => a - n,
      result: (a: number) => a,
    }
    const { result } = over({
      aggregate: drifting,
      ranges: [{ name: 'before', rangeMs: 10, delayMs: 10 }],
      where: (n) => n > 0,
    })
    for (let time = 0; time < 20; time++) result('a', 0.1 * (time + 1), time)
    for (let time = 20; time < 39; time++) result('a', -1, time)
    expect(result('a', -1, 39)).toEqual({ before: 0 })
  })
})
