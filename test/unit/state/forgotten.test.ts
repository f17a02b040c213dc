import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { noHeaders } from '../../../src/core/stream-record.ts'
import { systemClock } from '../../../src/core/system-clock.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { MemoryStreamJoinStore } from '../../../src/state/memory-stream-join-store.ts'
import { MemorySuppressStore } from '../../../src/state/memory-suppress-store.ts'
import { MemoryUnmatchedStore } from '../../../src/state/memory-unmatched-store.ts'
import { MemoryWindowStore } from '../../../src/state/memory-window-store.ts'
import { flushed, jsonSerde } from './store-rig.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

const anyObject = jsonSerde<object>()
const serdes = { key: anyObject, value: anyObject }

/** Whether the object that `use` gets is gone once its store has had no more use for it. */
async function isFreed(use: (object: object) => unknown): Promise<boolean> {
  const reference = new WeakRef(useOnce(use))
  // A WeakRef holds its object until the job that made it has ended.
  await systemClock.yield()
  collectGarbage()
  return reference.deref() === undefined
}

function useOnce(use: (object: object) => unknown): object {
  const object = { is: 'here' }
  use(object)
  return object
}

test('a deleted key of a table is freed by the flush', async () => {
  const store = new MemoryKeyValueStore('table', serdes)
  expect(
    await isFreed((key) => {
      store.put(key, {}, 1)
      flushed(store)
      store.delete({ is: 'here' }, 2)
      flushed(store)
    }),
  ).toBe(true)
  expect(store.entryCount).toBe(0)
})

test('an expired window is freed as stream time moves on, with its key', async () => {
  const store = new MemoryWindowStore('windows', serdes, { retentionMs: 100, windowSizeMs: 10 })
  expect(
    await isFreed((key) => {
      store.put(key, {}, 1_000, 1)
      flushed(store)
      for (let start = 1_001; start < 1_120; start += 1) store.put({ other: 1 }, {}, start, 1)
    }),
  ).toBe(true)
  expect(store.fetch({ other: 1 }, 1_119)).not.toBeNull()
})

test('an expired record of a join is freed before its key has gone', async () => {
  const store = new MemoryStreamJoinStore('records', serdes, { retentionMs: 100 })
  expect(
    await isFreed((value) => {
      store.put({ k: 1 }, value, 1_000)
      for (let time = 1_001; time < 1_400; time += 1) store.put({ k: 1 }, {}, time)
    }),
  ).toBe(true)
  expect([...store.fetch({ k: 1 }, 0, Infinity)]).toHaveLength(100)
})

test('an unmatched record that the changelog knew is freed by the flush after its deletion', async () => {
  const store = new MemoryUnmatchedStore('unmatched', { key: anyObject, left: anyObject, right: anyObject })
  expect(
    await isFreed((key) => {
      store.add(1, 'left', key, {})
      flushed(store)
      store.delete(1, 'left', { is: 'here' })
      flushed(store)
    }),
  ).toBe(true)
  expect(store.isEmpty).toBe(true)
})

test('a key that a suppress let through is freed by the flush', async () => {
  const store = new MemorySuppressStore('buffer', serdes)
  expect(
    await isFreed((key) => {
      store.put(1, { key, change: change<object>({}, null), timestamp: 1, headers: noHeaders })
      flushed(store)
      store.removeFirst()
      flushed(store)
    }),
  ).toBe(true)
  expect(store.first()).toBeNull()
})
