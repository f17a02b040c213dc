import { describe, expect, test } from 'vitest'
import { MemorySessionStore } from '../../../src/state/memory-session-store.ts'
import { sessionStoreConformance } from './session-store.conformance.ts'
import { flushed, restored, text } from './store-rig.ts'

sessionStoreConformance((serdes, options) => new MemorySessionStore('sessions', serdes, options))

function sessionStore(retentionMs = 10): MemorySessionStore<string, string> {
  return new MemorySessionStore('sessions', { key: text, value: text }, { retentionMs })
}

describe('retention', () => {
  test('a session expires when stream time minus retention reaches its end, whatever its start', () => {
    const store = sessionStore(10)
    store.put('a', 'x', { start: 0, end: 100 }, 1)
    expect(store.put('b', 'x', { start: 109, end: 109 }, 1)).toBe(true)
    expect(store.fetchSession('a', 0, 100)).toBe('x')
    expect(store.put('b', 'x', { start: 109, end: 110 }, 1)).toBe(true)
    expect(store.fetchSession('a', 0, 100)).toBeNull()
    expect([...store.findSessions('a', 0, 1000)]).toEqual([])
    expect(store.put('a', 'x', { start: 0, end: 100 }, 1)).toBe(false)
  })
})

describe('changelog', () => {
  test('holds key, end, start, the plain aggregate and the timestamp of the put', () => {
    const store = sessionStore()
    store.put('k', 'v', { start: 3, end: 258 }, 77)
    const key = Buffer.from('6b' + '0000000000000102' + '0000000000000003', 'hex')
    expect(flushed(store)).toEqual([{ key, value: Buffer.from('v'), timestamp: 77 }])
    store.put('k', null, { start: 3, end: 258 }, 78)
    expect(flushed(store)).toEqual([{ key, value: null, timestamp: 78 }])
  })

  test('gets one record of a session that grew a thousand times between two flushes', () => {
    const store = sessionStore(10_000)
    for (let end = 1; end <= 1000; end += 1) {
      store.put('k', null, { start: 0, end: end - 1 }, end)
      store.put('k', `${end}`, { start: 0, end }, end)
    }
    expect(store.changedCount).toBe(1)
    expect(flushed(store).map(({ value }) => value?.toString())).toEqual(['1000'])
  })

  test('gets the tombstone of a session that it knows and that was merged into another', () => {
    const store = sessionStore(100)
    store.put('k', '1', { start: 0, end: 5 }, 5)
    const before = flushed(store)
    store.put('k', null, { start: 0, end: 5 }, 9)
    store.put('k', '2', { start: 0, end: 9 }, 9)
    const after = flushed(store)
    expect(after.map(({ value }) => value?.toString())).toEqual([undefined, '2'])
    const copy = restored(sessionStore(100), [...before, ...after])
    expect([...copy.findSessions('k', 0, 100)]).toEqual([[{ start: 0, end: 9 }, '2']])
  })
})
