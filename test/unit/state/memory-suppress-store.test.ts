import { describe, expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import { StateError } from '../../../src/core/errors.ts'
import { noHeaders, type Headers } from '../../../src/core/stream-record.ts'
import type { Serde } from '../../../src/serde/serde.ts'
import { MemorySuppressStore } from '../../../src/state/memory-suppress-store.ts'
import { flushed, text } from './store-rig.ts'
import { suppressStoreConformance } from './suppress-store.conformance.ts'

suppressStoreConformance((serdes) => new MemorySuppressStore('buffer', serdes))

function buffer(value: Serde<string> = text): MemorySuppressStore<string, string> {
  return new MemorySuppressStore('buffer', { key: text, value })
}

function update(key: string, newValue: string, oldValue: string | null, headers: Headers = noHeaders) {
  return { key, change: change<string>(newValue, oldValue), timestamp: 77, headers }
}

test('a later update keeps the place and the prior value of the first', () => {
  const store = buffer()
  store.put(5, update('k', 'v2', 'v1'))
  store.put(9, update('k', 'v3', 'v2'))
  expect(store.first()?.bufferTime).toBe(5)
  expect(store.first()?.update.change).toEqual({ newValue: 'v3', oldValue: 'v2' })
  expect(store.priorValue('k')).toEqual({ value: 'v1', timestamp: -1 })
})

test('headers are copies', () => {
  const value = Uint8Array.of(1, 2)
  const store = buffer()
  store.put(5, update('k', 'v', null, [['h', value]]))
  value.fill(9)
  expect(store.first()?.update.headers).toEqual([['h', Uint8Array.of(1, 2)]])
})

test('values are not serialized as long as nobody asks for bytes', () => {
  const refusing: Serde<string> = {
    ...text,
    serialize: () => {
      throw new Error('serialized')
    },
  }
  const store = buffer(refusing)
  store.put(5, update('k', 'v', null))
  store.put(5, update('k', 'w', 'v'))
  store.removeFirst()
  expect(store.recordCount).toBe(0)
})

test('ten thousand keys of one buffer time come out by their bytes', () => {
  const store = buffer()
  const keys = Array.from({ length: 10_000 }, (_, index) => `${(index * 7919) % 10_000}`)
  for (const key of keys) store.put(1, update(key, 'v', null))
  const out: string[] = []
  for (let first = store.first(); first !== null; first = store.first()) {
    out.push(first.update.key)
    store.removeFirst()
  }
  expect(out).toEqual([...keys].sort())
})

describe('changelog', () => {
  test('holds version, buffer time, timestamp, headers, prior, old and new value', () => {
    const store = buffer()
    store.put(258, update('k', 'v2', 'v1'))
    store.put(
      300,
      update('k', 'v', 'v2', [
        ['h', Uint8Array.of(7)],
        ['', null],
      ]),
    )
    const fields = [
      '01 0000000000000102 000000000000004d',
      '00000002 00000001 68 00000001 07 00000000 ffffffff',
      '00000002 7631 00000002 7632 00000001 76',
    ]
    const value = Buffer.from(fields.join('').replaceAll(' ', ''), 'hex')
    expect(flushed(store)).toEqual([{ key: Buffer.from('k'), value, timestamp: 77 }])
    store.removeFirst()
    expect(flushed(store)).toEqual([{ key: Buffer.from('k'), value: null, timestamp: 77 }])
  })

  test('gets nothing of a key that was let through before the flush', () => {
    const store = buffer()
    store.put(1, update('k', 'v', null))
    store.removeFirst()
    expect(flushed(store)).toEqual([])
  })

  test('of a version that is not known stops the task', () => {
    expect(() => buffer().restore(Buffer.from('k'), Buffer.of(2, 0, 0))).toThrow(StateError)
  })
})
