import { describe, expect, test } from 'vitest'
import { MemoryWindowStore } from '../../../src/state/memory-window-store.ts'
import { flushed, restored, text } from './store-rig.ts'
import { windowStoreConformance } from './window-store.conformance.ts'

/** Starts at any time, and at the multiples of 1 ms, for which there is another layout. */
const layouts = [{}, { advanceMs: 1 }]
for (const layout of layouts)
  windowStoreConformance((serdes, options) => new MemoryWindowStore('windows', serdes, { ...options, ...layout }))

describe.each(layouts)('laid out for %o', (layout) => {
  function windowStore(retentionMs = 10): MemoryWindowStore<string, string> {
    return new MemoryWindowStore('windows', { key: text, value: text }, { retentionMs, windowSizeMs: 5, ...layout })
  }

  describe('retention', () => {
    test('a window expires when stream time minus retention reaches its start', () => {
      const store = windowStore(10)
      store.put('a', 'x', 100, 1)
      expect(store.put('b', 'x', 109, 1)).toBe(true)
      expect(store.fetch('a', 100)).not.toBeNull()
      expect(store.put('b', 'x', 110, 1)).toBe(true)
      expect(store.fetch('a', 100)).toBeNull()
      expect(store.put('a', 'x', 100, 1)).toBe(false)
      expect(store.put('a', 'x', 101, 1)).toBe(true)
    })

    test('a deletion moves stream time too', () => {
      const store = windowStore(10)
      store.put('a', 'x', 100, 1)
      expect(store.put('b', null, 110, 1)).toBe(true)
      expect(store.fetch('a', 100)).toBeNull()
    })

    test('stream time survives a restore though its window was deleted before it was ever written', () => {
      const store = windowStore(10)
      store.put('a', 'x', 110, 1)
      store.put('a', null, 110, 2)
      const copy = restored(windowStore(10), flushed(store))
      expect(copy.put('b', 'x', 100, 1)).toBe(false)
      expect(copy.put('b', 'x', 101, 1)).toBe(true)
    })

    test('a key that comes back after all its windows were deleted keeps its new ones', () => {
      const store = windowStore(80)
      store.put('k', 'x', 5, 1)
      store.put('k', 'x', 75, 1)
      store.put('k', null, 75, 1)
      store.put('other', 'x', 100, 1)
      store.put('k', 'y', 75, 1)
      store.put('k', 'z', 110, 1)
      store.put('other', 'x', 170, 1)
      expect(store.fetch('k', 110)).toEqual({ value: 'z', timestamp: 1 })
    })

    test('a retention of 0 refuses everything', () => {
      const store = windowStore(0)
      expect(store.put('a', 'x', 100, 1)).toBe(false)
      expect(store.entryCount).toBe(0)
    })
  })

  describe('changelog', () => {
    test('holds key, start, sequence number 0, the plain value and its timestamp', () => {
      const store = windowStore()
      store.put('k', 'v', 0x0102_0304_0506, 77)
      const key = Buffer.from('6b' + '0000010203040506' + '00000000', 'hex')
      expect(flushed(store)).toEqual([{ key, value: Buffer.from('v'), timestamp: 77 }])
      store.put('k', null, 0x0102_0304_0506, 78)
      expect(flushed(store)).toEqual([{ key, value: null, timestamp: 78 }])
    })

    test('gets the latest state of each window once, in the order of first changes', () => {
      const store = windowStore(100)
      store.put('b', '1', 5, 1)
      store.put('a', '1', 5, 2)
      store.put('b', '2', 5, 3)
      expect(flushed(store).map(({ value, timestamp }) => [value?.toString(), timestamp])).toEqual([
        ['2', 3],
        ['1', 2],
      ])
    })

    test('gets nothing of a window that came and went between two flushes', () => {
      const store = windowStore(100)
      store.put('newer', '1', 9, 1)
      store.put('a', '1', 5, 2)
      store.put('a', null, 5, 3)
      expect(flushed(store).map(({ value }) => value?.toString())).toEqual(['1'])
    })

    test.each([10, 50])('gets nothing of a window that expired %i ms before the flush', (ms) => {
      const store = windowStore(10)
      store.put('a', 'old', 100, 1)
      store.put('a', 'new', 100 + ms, 2)
      expect(flushed(store).map(({ value }) => value?.toString())).toEqual(['new'])
    })

    test('has nothing to wait for of windows that expired long ago', () => {
      const store = windowStore(10)
      for (let start = 0; start < 1_000; start += 1) store.put('a', 'x', start, 1)
      expect(store.changedCount).toBeLessThan(20)
    })
  })
})
