import { describe, expect, test } from 'vitest'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemorySessionStore } from '../../../src/state/memory-session-store.ts'
import { MemoryWindowStore } from '../../../src/state/memory-window-store.ts'
import { flushed, restored } from './store-rig.ts'

const serdes = { key: string(), value: json<string>() }
const windows = (): MemoryWindowStore<string, string> =>
  new MemoryWindowStore('w', serdes, { retentionMs: 10, windowSizeMs: 10, emitFinal: true })

const taken = (store: MemoryWindowStore<string, string>, latest: number): string[] =>
  store.takeClosed(latest).map(([{ key, window }, { value }]) => `${key}@${window.start} ${value}`)

describe('final results of windows', () => {
  test('each is taken once, ascending by start and key, deleted ones left out', () => {
    const store = windows()
    for (const [key, start] of [
      ['b', 0],
      ['a', 10],
      ['a', 0],
      ['c', 0],
    ] as const)
      store.put(key, 'v', start, start)
    store.put('c', null, 0, 1)
    expect(taken(store, 0)).toEqual(['a@0 v', 'b@0 v'])
    expect(taken(store, 9)).toEqual([])
    expect(taken(store, 25)).toEqual(['a@10 v'])
    expect(store.lastClosed).toBe(25)
  })

  test('a window outlives its retention until its result is committed', () => {
    const store = windows()
    store.put('k', 'early', 0, 0)
    store.put('k', 'far', 1_000, 1_000)
    expect(store.fetch('k', 0)?.value).toBe('early')
    expect(taken(store, 990)).toEqual(['k@0 early'])
    expect(store.fetch('k', 0)?.value).toBe('early')
    store.committed()
    expect(store.fetch('k', 0)).toBeNull()
    expect(store.fetch('k', 1_000)?.value).toBe('far')
  })

  test('what was taken is written only after the commit; until then a restart gives it again', () => {
    const store = windows()
    store.put('k', 'v', 0, 0)
    store.put('k', 'w', 10, 10)
    expect(taken(store, 0)).toEqual(['k@0 v'])
    const before = flushed(store)
    expect(before.map(({ key }) => key.toString('latin1'))).not.toContain('taken')
    expect(store.changedCount).toBe(0)
    const crashed = restored(windows(), before)
    expect(crashed.lastClosed).toBe(0)
    expect(taken(crashed, 0)).toEqual(['k@0 v'])

    store.committed()
    expect(store.changedCount).toBe(1)
    const after = restored(windows(), [...before, ...flushed(store)])
    expect(taken(after, 0)).toEqual([])
    expect(taken(after, 10)).toEqual(['k@10 w'])
  })
})

test('final results of sessions come by end, start and key; one that was extended comes with its new end', () => {
  const store = new MemorySessionStore<string, string>('s', serdes, { retentionMs: 1, emitFinal: true })
  store.put('b', 'v', { start: 5, end: 5 }, 5)
  store.put('a', 'v', { start: 5, end: 5 }, 5)
  store.put('a', 'v', { start: 2, end: 5 }, 5)
  store.put('c', 'v', { start: 1, end: 3 }, 3)
  store.put('c', null, { start: 1, end: 3 }, 3)
  store.put('c', 'longer', { start: 1, end: 8 }, 8)
  const ends = (latest: number): string[] =>
    store.takeClosed(latest).map(([{ key, window }, value]) => `${key}@${window.start}/${window.end} ${value}`)
  expect(ends(7)).toEqual(['a@2/5 v', 'a@5/5 v', 'b@5/5 v'])
  expect(ends(8)).toEqual(['c@1/8 longer'])
})
