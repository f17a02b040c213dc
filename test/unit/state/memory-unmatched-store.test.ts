import { describe, expect, test } from 'vitest'
import { MemoryUnmatchedStore } from '../../../src/state/memory-unmatched-store.ts'
import { flushed, text } from './store-rig.ts'
import { unmatchedStoreConformance } from './unmatched-store.conformance.ts'

unmatchedStoreConformance((serdes) => new MemoryUnmatchedStore('unmatched', serdes))

function unmatchedStore(): MemoryUnmatchedStore<string, string, string> {
  return new MemoryUnmatchedStore('unmatched', { key: text, left: text, right: text })
}

test('at one time the right side comes first, then keys by their bytes, as in Kafka Streams', () => {
  const store = unmatchedStore()
  for (const key of ['\u{1f600}', '\uffff', 'a', 'B']) store.add(10, 'left', key, 'l')
  for (const key of ['b', 'Z']) store.add(10, 'right', key, 'r')
  expect([...store.entries()].map(({ side, key }) => `${side} ${key}`)).toEqual([
    'right Z',
    'right b',
    'left B',
    'left a',
    'left \uffff',
    'left \u{1f600}',
  ])
})

test('the values that an entry had stay readable after it was deleted and came back', () => {
  const store = unmatchedStore()
  store.add(1, 'left', 'k', 'v')
  flushed(store)
  const [entry] = store.entries()
  const values = entry?.values
  store.delete(1, 'left', 'k')
  store.add(1, 'left', 'k', 'w')
  expect(values).toEqual(['v'])
})

describe('changelog', () => {
  test('holds time, side and key, and the values as a list of lengths, sides and bytes', () => {
    const store = unmatchedStore()
    store.add(258, 'left', 'k', 'v')
    store.add(258, 'left', 'k', 'ww')
    store.add(258, 'right', 'k', 'x')
    const hexBytes = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')
    expect(flushed(store)).toEqual([
      {
        key: hexBytes('0000000000000102 01 6b'),
        value: hexBytes('01 00000002 00000002 01 76 00000003 01 7777'),
        timestamp: 258,
      },
      { key: hexBytes('0000000000000102 00 6b'), value: hexBytes('01 00000001 00000002 00 78'), timestamp: 258 },
    ])
    store.delete(258, 'left', 'k')
    expect(flushed(store)).toEqual([{ key: hexBytes('0000000000000102 01 6b'), value: null, timestamp: 258 }])
  })

  test('gets nothing of a record that found its match before the flush', () => {
    const store = unmatchedStore()
    store.add(1, 'left', 'k', 'v')
    store.delete(1, 'left', 'k')
    expect(store.changedCount).toBe(0)
    expect(flushed(store)).toEqual([])
  })
})
