import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryOverStore } from '../../../src/state/memory-over-store.ts'
import type { OverLog } from '../../../src/state/over-store.ts'

type Changelog = { readonly key: string; readonly value: string; readonly timestamp: number }[]

const overStore = (retentionMs = 100) =>
  new MemoryOverStore('over', { key: string(), value: json<unknown>() }, { retentionMs })
type Store = ReturnType<typeof overStore>

function put(store: Store, key: string, value: unknown, time: number): void {
  store.advance(time)
  store.put(key, value, time)
}

function flushed(store: Store): Changelog {
  const records: Changelog = []
  store.flushChangelog((key, value, timestamp) => {
    records.push({ key: Buffer.from(key).toString('hex'), value: Buffer.from(value!).toString('hex'), timestamp })
  })
  return records
}

function restored(records: Changelog, retentionMs?: number): Store {
  const store = overStore(retentionMs)
  for (const { key, value } of records) store.restore(Buffer.from(key, 'hex'), Buffer.from(value, 'hex'))
  return store
}

const streamTimeKey = Buffer.from('stream-time').toString('hex')

function values(log: OverLog<unknown> | undefined): unknown[] {
  if (log === undefined) return []
  return Array.from({ length: log.end - log.head }, (_, i) => log.valueAt(log.head + i))
}

describe('the changelog of an over store', () => {
  it('has key bytes, int64 time and int32 sequence as key, and the value as value', () => {
    const store = overStore()
    put(store, 'ab', 7, 258)
    put(store, 'ab', 8, 258)
    put(store, 'ab', 9, 257)
    expect(flushed(store)).toEqual([
      { key: '6162000000000000010200000000', value: '37', timestamp: 258 },
      { key: '6162000000000000010200000001', value: '38', timestamp: 258 },
      { key: '6162000000000000010100000000', value: '39', timestamp: 257 },
    ])
  })

  it('tells the stream time that no entry tells', () => {
    const store = overStore()
    put(store, 'a', 1, 5)
    store.advance(300)
    expect(store.changedCount).toBe(2)
    const records = flushed(store)
    expect(records[1]).toEqual({ key: streamTimeKey, value: '000000000000012c', timestamp: 300 })
    expect(restored(records).streamTime).toBe(300)
  })

  it('has each entry once', () => {
    const store = overStore()
    put(store, 'a', 1, 5)
    expect(store.changedCount).toBe(1)
    flushed(store)
    expect(store.changedCount).toBe(0)
    expect(flushed(store)).toEqual([])
  })

  it('does not have a put that was undone', () => {
    const store = overStore()
    put(store, 'a', 1, 5)
    store.advance(6)
    store.put('a', 2, 5)
    store.undoPut()
    expect(values(store.log('a'))).toEqual([1])
    expect(flushed(store).map(({ timestamp }) => timestamp)).toEqual([5, 6])
  })
})

describe('a restored over store', () => {
  it('keeps the order of arrival among equal times and goes on counting them', () => {
    const store = overStore()
    for (const value of ['x', 'y']) put(store, 'a', value, 10)
    const copy = restored(flushed(store))
    expect(copy.changedCount).toBe(0)
    put(copy, 'a', 'z', 10)
    expect(values(copy.log('a'))).toEqual(['x', 'y', 'z'])
    expect(flushed(copy)[0]!.key).toBe('61000000000000000a00000002')
  })

  it('takes a record that the changelog holds twice as one', () => {
    const store = overStore()
    for (const value of ['x', 'y']) put(store, 'a', value, 10)
    const records = flushed(store)
    const copy = restored([...records, ...records])
    expect(values(copy.log('a'))).toEqual(['x', 'y'])
    expect(copy.entryCount).toBe(2)
  })

  it('leaves out what its retention has passed', () => {
    const store = overStore()
    put(store, 'gone', 1, 0)
    put(store, 'edge', 1, 900)
    put(store, 'a', 1, 1_000)
    const copy = restored(flushed(store))
    expect([copy.log('gone'), copy.log('edge')?.end, copy.entryCount]).toEqual([undefined, 1, 2])
  })

  it('is what the store was, at any point', () => {
    const puts = fc.array(fc.tuple(fc.constantFrom('a', 'b', ''), fc.nat(12), fc.nat(60)), {
      maxLength: 200,
      size: 'max',
    })
    fc.assert(
      fc.property(puts, fc.nat(200), (script, flushAt) => {
        const store = overStore()
        const records: Changelog = []
        let clock = 0
        script.forEach(([key, stepMs, behindMs], i) => {
          clock += stepMs
          store.advance(clock)
          store.put(key, i, Math.max(0, clock - behindMs))
          if (i === flushAt) records.push(...flushed(store))
        })
        records.push(...flushed(store))
        const entryKeys = records.filter(({ key }) => key !== streamTimeKey).map(({ key }) => key)
        expect(entryKeys).toHaveLength(script.length)
        expect(new Set(entryKeys).size).toBe(script.length)
        const copy = restored(records)
        expect(copy.streamTime).toBe(store.streamTime)
        expect(copy.entryCount).toBe(store.entryCount)
        for (const key of ['a', 'b', '']) expect(values(copy.log(key))).toEqual(values(store.log(key)))
      }),
      { numRuns: 100 },
    )
  })
})

describe('the log of a key', () => {
  it('keeps positions while it forgets from the front', () => {
    const store = overStore(100)
    for (let time = 0; time <= 100; time++) put(store, 'a', time, time)
    const log = store.log('a')!
    for (let time = 101; time <= 1_000; time++) {
      put(store, 'a', time, time)
      expect([log.head, log.end, log.valueAt(log.head)]).toEqual([time - 100, time + 1, time - 100])
    }
  })

  it('finds the first entry after a time from wherever the search starts', () => {
    const times = fc.array(fc.nat(30), { minLength: 1, maxLength: 40, size: 'max' })
    fc.assert(
      fc.property(times, fc.integer({ min: -1, max: 31 }), fc.integer({ min: -3, max: 45 }), (unsorted, time, hint) => {
        const store = overStore()
        store.advance(30)
        for (const at of unsorted) store.put('a', at, at)
        expect(store.log('a')!.positionAfter(time, hint)).toBe(unsorted.filter((at) => at <= time).length)
      }),
    )
  })

  it('tells its follower what it is about to forget', () => {
    const store = overStore(10)
    for (let time = 0; time < 5; time++) put(store, 'a', time, time)
    const seen: unknown[] = []
    const log = store.log('a')!
    log.follower = { forgetting: (head) => seen.push([log.head, head, log.valueAt(log.head)]) }
    store.advance(12)
    expect(seen).toEqual([[0, 2, 0]])
  })
})

describe('forgetting', () => {
  it('lets keys go whose oldest entry came out of order', () => {
    const store = overStore(1_000)
    put(store, 'a', 1, 500)
    for (let time = 499; time >= 0; time--) store.put('a', 1, time)
    store.advance(1_250)
    expect(store.entryCount).toBe(251)
    store.advance(1_508)
    expect([store.entryCount, store.log('a')]).toEqual([0, undefined])
  })

  it('keeps what has arrived exactly one retention ago', () => {
    const store = overStore(10)
    put(store, 'a', 1, 5)
    store.advance(15)
    expect(store.entryCount).toBe(1)
    store.advance(16)
    expect(store.entryCount).toBe(0)
  })
})
