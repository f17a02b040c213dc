import { describe, expect, test } from 'vitest'
import type { Serde } from '../../../src/serde/serde.ts'
import { MemoryKeyValueStore } from '../../../src/state/memory-key-value-store.ts'
import { keyValueStoreConformance } from './key-value-store.conformance.ts'
import { flushed, text } from './store-rig.ts'

keyValueStoreConformance((serdes) => new MemoryKeyValueStore('table', serdes))

const int32: Serde<number> = {
  name: 'int32',
  primitiveKey: true,
  serialize: (value) => {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value)
    return bytes
  },
  deserialize: (bytes) => Buffer.from(bytes).readInt32BE(),
}

test('keys of equal bytes are one key, zeros of an integer serde too', () => {
  const store = new MemoryKeyValueStore('table', { key: int32, value: text })
  store.put(0, 'a', 1)
  store.put(-0, 'b', 2)
  expect(store.get(0)).toEqual({ value: 'b', timestamp: 2 })
  expect(store.entryCount).toBe(1)
})

test('primitive keys are not serialized by get and put', () => {
  let calls = 0
  const counting: Serde<string> = {
    ...text,
    serialize: (value) => {
      calls += 1
      return text.serialize(value)
    },
  }
  const store = new MemoryKeyValueStore('table', { key: counting, value: counting })
  store.put('a', 'x', 1)
  store.get('a')
  store.delete('a', 2)
  expect(calls).toBe(0)
})

test('an iteration shows the store as it was when it began', () => {
  const store = new MemoryKeyValueStore('table', { key: text, value: text })
  for (const key of ['a', 'b', 'c']) store.put(key, key, 1)
  const seen: string[] = []
  for (const [key] of store.all()) {
    seen.push(key)
    store.delete('c', 2)
    store.put('d', 'd', 2)
  }
  expect(seen).toEqual(['a', 'b', 'c'])
})

describe('changelog', () => {
  function store(): MemoryKeyValueStore<string, string> {
    return new MemoryKeyValueStore('table', { key: text, value: text })
  }

  test('holds key, plain value and its timestamp; a deletion is a tombstone with its own timestamp', () => {
    const table = store()
    table.put('k', 'v', 7)
    expect(flushed(table)).toEqual([{ key: Buffer.from('k'), value: Buffer.from('v'), timestamp: 7 }])
    table.delete('k', 9)
    expect(flushed(table)).toEqual([{ key: Buffer.from('k'), value: null, timestamp: 9 }])
  })

  test('gets nothing of a key that came and went between two flushes, or was never there', () => {
    const table = store()
    table.put('k', 'v', 7)
    table.delete('k', 8)
    table.delete('unknown', 9)
    expect(flushed(table)).toEqual([])
  })

  test('gets the value of a key that was deleted and came back', () => {
    const table = store()
    table.put('k', 'v', 7)
    flushed(table)
    table.delete('k', 8)
    table.put('k', 'w', 9)
    expect(flushed(table)).toEqual([{ key: Buffer.from('k'), value: Buffer.from('w'), timestamp: 9 }])
  })
})
