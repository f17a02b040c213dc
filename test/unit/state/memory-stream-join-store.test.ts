import { describe, expect, test } from 'vitest'
import { MemoryStreamJoinStore } from '../../../src/state/memory-stream-join-store.ts'
import { flushed, restored, text } from './store-rig.ts'
import { streamJoinStoreConformance } from './stream-join-store.conformance.ts'

streamJoinStoreConformance((serdes, options) => new MemoryStreamJoinStore('records', serdes, options))

function joinStore(retentionMs = 10): MemoryStreamJoinStore<string, string> {
  return new MemoryStreamJoinStore('records', { key: text, value: text }, { retentionMs })
}

test('equal records of one key and time are all kept, in the order of arrival', () => {
  const store = joinStore()
  for (const value of ['b', 'a', 'b']) store.put('k', value, 5)
  expect([...store.fetch('k', 5, 5)]).toEqual([
    [5, 'b'],
    [5, 'a'],
    [5, 'b'],
  ])
})

test('a record expires when stream time minus retention reaches its time', () => {
  const store = joinStore(10)
  store.put('a', 'x', 100)
  store.put('b', 'x', 109)
  expect([...store.fetch('a', 0, 200)]).toHaveLength(1)
  store.put('b', 'x', 110)
  expect([...store.fetch('a', 0, 200)]).toEqual([])
  expect(store.put('a', 'x', 100)).toBe(false)
  expect(store.put('a', 'x', 101)).toBe(true)
})

describe('changelog', () => {
  test('holds key, time and a sequence number, the plain value and the time', () => {
    const store = joinStore()
    store.put('k', 'v', 258)
    store.put('k', 'w', 258)
    const key = (sequence: string): Buffer => Buffer.from(`6b0000000000000102${sequence}`, 'hex')
    expect(flushed(store)).toEqual([
      { key: key('00000001'), value: Buffer.from('v'), timestamp: 258 },
      { key: key('00000002'), value: Buffer.from('w'), timestamp: 258 },
    ])
  })

  test('numbers go on after a restore, so that no record replaces another', () => {
    const store = joinStore()
    store.put('k', 'v', 5)
    const copy = restored(joinStore(), flushed(store))
    copy.put('k', 'w', 5)
    expect(flushed(copy)[0]?.key.readInt32BE(9)).toBe(2)
  })

  test('numbers start again after the largest', () => {
    const store = joinStore()
    store.restore(Buffer.from('6b00000000000000057fffffff', 'hex'), Buffer.from('v'), 5)
    store.put('k', 'w', 5)
    expect(flushed(store)[0]?.key.readInt32BE(9)).toBe(0)
    expect([...store.fetch('k', 5, 5)]).toEqual([
      [5, 'v'],
      [5, 'w'],
    ])
  })
})
