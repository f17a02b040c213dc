import { describe, expect, test } from 'vitest'
import { valueAndTimestamp, type ValueAndTimestamp } from '../../../src/core/value-and-timestamp.ts'
import { change } from '../../../src/core/change.ts'
import { noHeaders } from '../../../src/core/stream-record.ts'
import { windowed } from '../../../src/core/windowed.ts'
import type { TableView } from '../../../src/operators/table-view.ts'
import { FilterView } from '../../../src/operators/views/filter-view.ts'
import { JoinView } from '../../../src/operators/views/join-view.ts'
import { MapValuesView } from '../../../src/operators/views/map-values-view.ts'
import { SessionStoreView } from '../../../src/operators/views/session-store-view.ts'
import { StoreView } from '../../../src/operators/views/store-view.ts'
import { SuppressView } from '../../../src/operators/views/suppress-view.ts'
import { WindowStoreView } from '../../../src/operators/views/window-store-view.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { MemorySessionStore } from '../../../src/state/memory-session-store.ts'
import { MemorySuppressStore } from '../../../src/state/memory-suppress-store.ts'
import { MemoryWindowStore } from '../../../src/state/memory-window-store.ts'

function store(entries: Record<string, ValueAndTimestamp<string>>): StoreView<string, string> {
  const values = new MemoryKeyValueStore<string, string>('store', serdes)
  for (const [key, { value, timestamp }] of Object.entries(entries)) values.put(key, value, timestamp)
  return new StoreView(values)
}

const at = valueAndTimestamp
const serdes = { key: string(), value: string() }

test('a filtered view shows what passes and nothing else', () => {
  const parent = store({ a: at('long enough', 1), b: at('short', 2) })
  const predicate = (value: string): boolean => value.length > 5
  const matching = new FilterView({ predicate, negate: false }, parent)
  expect([matching.get('a'), matching.get('b'), matching.get('c')]).toEqual([at('long enough', 1), null, null])
  const others = new FilterView({ predicate, negate: true }, parent)
  expect([others.get('a'), others.get('b'), others.get('c')]).toEqual([null, at('short', 2), null])
})

test('a mapped view keeps the timestamp, gives the mapper the key, and shows null results as missing', () => {
  const parent = store({ a: at('v', 1), b: at('x', 2) })
  const mapper = (value: string, key: string): string | null => (value === 'x' ? null : key + value)
  const view = new MapValuesView<string, string, string>({ mapper }, parent)
  expect([view.get('a'), view.get('b'), view.get('c')]).toEqual([at('av', 1), null, null])
})

describe('a joined view', () => {
  const left = store({ both: at('l', 1), left: at('l', 3) })
  const right = store({ both: at('r', 2), right: at('r', 4) })
  const joiner = (l: string | null, r: string | null, key: string): string => `${key}=${l}+${r}`
  const keys = ['both', 'left', 'right', 'neither']
  const read = (view: TableView<string, string>): unknown[] => keys.map((key) => view.get(key))
  const both = at('both=l+r', 2)

  test('inner: both must be there', () => {
    expect(read(new JoinView('inner', left, right, joiner))).toEqual([both, null, null, null])
  })

  test('left: the left one must be there', () => {
    expect(read(new JoinView('left', left, right, joiner))).toEqual([both, at('left=l+null', 3), null, null])
  })

  test('outer: one must be there', () => {
    const expected = [both, at('left=l+null', 3), at('right=null+r', 4), null]
    expect(read(new JoinView('outer', left, right, joiner))).toEqual(expected)
  })

  test('a joiner that returns null means no value', () => {
    expect(new JoinView('inner', left, right, () => null).get('both')).toBeNull()
  })

  test('views stack: a join of a filtered and a mapped table reads through both', () => {
    const filtered = new FilterView({ predicate: () => true, negate: false }, left)
    const mapped = new MapValuesView({ mapper: (value: string) => value.toUpperCase() }, right)
    expect(new JoinView('inner', filtered, mapped, joiner).get('both')).toEqual(at('both=l+R', 2))
  })
})

test('a windowed view reads the window that the key names', () => {
  const windows = new MemoryWindowStore<string, string>('windows', serdes, { retentionMs: 100, windowSizeMs: 10 })
  windows.put('a', 'v', 20, 27)
  const view = new WindowStoreView(windows)
  expect(view.get(windowed('a', 20, 30))).toEqual(at('v', 27))
  expect([view.get(windowed('a', 10, 20)), view.get(windowed('b', 20, 30))]).toEqual([null, null])
})

test('a session view needs both bounds, and its timestamp is the session end', () => {
  const sessions = new MemorySessionStore<string, string>('sessions', serdes, { retentionMs: 100 })
  sessions.put('a', 'v', { start: 20, end: 27 }, 99)
  const view = new SessionStoreView(sessions)
  expect(view.get(windowed('a', 20, 27))).toEqual(at('v', 27))
  expect([view.get(windowed('a', 20, 26)), view.get(windowed('b', 20, 27))]).toEqual([null, null])
})

test('a suppressed view shows what was let through: for a key that waits the prior value, else the parent value', () => {
  const parent = store({ waiting: at('new', 5), fresh: at('first', 6), passed: at('through', 7) })
  const buffer = new MemorySuppressStore<string, string>('buffer', serdes)
  const wait = (key: string, oldValue: string | null): void =>
    buffer.put(10, { key, change: change('whatever waits', oldValue), timestamp: 5, headers: noHeaders })
  wait('waiting', 'old')
  wait('fresh', null)
  const view = new SuppressView(parent, buffer)
  expect(view.get('waiting')?.value).toBe('old')
  expect(view.get('fresh')).toBeNull()
  expect(view.get('passed')).toEqual(at('through', 7))
})
