import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Serde } from '../../../src/serde/serde.ts'
import { MemoryTtlStore } from '../../../src/state/memory-ttl-store.ts'
import { keyValueStoreConformance } from './key-value-store.conformance.ts'
import { flushed, hex, keyKinds, restored, sortedBy, StoreRig, text, type KeyKind } from './store-rig.ts'

const ttlMs = 20

// While time stands it is a store like any other.
keyValueStoreConformance((serdes) => new MemoryTtlStore('table', serdes, ttlMs))

function store(): MemoryTtlStore<string, string> {
  return new MemoryTtlStore('table', { key: text, value: text }, ttlMs)
}

/** `key=value@timestamp` of each. */
function lines(entries: Iterable<readonly [string, { readonly value: string; readonly timestamp: number }]>): string[] {
  return [...entries].map(([key, { value, timestamp }]) => `${key}=${value}@${timestamp}`)
}

describe('an entry', () => {
  test('lives until stream time is more than the ttl beyond its timestamp', () => {
    const made = store()
    made.put('a', 'x', 100)
    expect(made.expire(120)).toEqual([])
    expect(lines(made.expire(121))).toEqual(['a=x@100'])
    expect(made.get('a')).toBeNull()
    expect(made.entryCount).toBe(0)
    expect(made.expire(1_000)).toEqual([])
  })

  test('begins a new life with each update, a shorter one with an older update', () => {
    const made = store()
    made.put('a', 'x', 100)
    made.put('b', 'x', 115)
    made.put('a', 'y', 110)
    made.put('b', 'y', 105)
    expect(lines(made.expire(128))).toEqual(['b=y@105'])
    expect(lines(made.expire(140))).toEqual(['a=y@110'])
  })

  test('leaves a tombstone in the changelog, with the stream time at which it went', () => {
    const made = store()
    made.put('a', 'x', 100)
    flushed(made)
    made.expire(500)
    expect(flushed(made)).toEqual([{ key: Buffer.from('a'), value: null, timestamp: 500 }])
  })

  test('that the changelog never had leaves nothing', () => {
    const made = store()
    made.put('a', 'x', 100)
    made.expire(500)
    expect(flushed(made)).toEqual([])
  })
})

test('a change that is older than the ttl is refused, a deletion too', () => {
  const made = store()
  made.put('a', 'x', 100)
  made.expire(110)
  expect(made.put('a', 'late', 89)).toBe('expired')
  expect(made.delete('a', 89)).toBe('expired')
  expect(lines(made.all())).toEqual(['a=x@100'])
  expect(made.put('a', 'just', 90)).toBeUndefined()
})

test('forgetting costs no more than a few steps for each update, however many entries there are', () => {
  let compared = 0
  const counting: Serde<string> = {
    ...text,
    serialize(value) {
      compared += 1
      return text.serialize(value)
    },
  }
  const made = new MemoryTtlStore('table', { key: counting, value: text }, 1_000)
  const updates = 20_000
  let expired = 0
  for (let time = 0; time < updates; time++) {
    made.put(`k${time % 3_000}`, 'x', time)
    expired += made.expire(time).length
  }
  expect(expired).toBeGreaterThan(15_000)
  expect(made.entryCount).toBeLessThan(1_002)
  expect(compared).toBeLessThan(updates)
})

const key = fc.nat(7)
const time = fc.nat(60)
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('put' as const), key, value: fc.string({ maxLength: 3 }), time }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('delete' as const), key, time }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('advance' as const), by: fc.nat(15) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('crash' as const), compact: fc.boolean() }) },
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

interface Row {
  readonly key: number
  readonly value: string
  readonly timestamp: number
}

function run<K>({ serde, keyOf }: KeyKind<K>, operations: readonly Operation[]): void {
  const create = () => new MemoryTtlStore('table', { key: serde, value: text }, ttlMs)
  const rig = new StoreRig(create, [] as Row[])
  let streamTime = 0
  const identity = (row: Row): string => hex(serde, keyOf(row.key))
  for (const each of operations) {
    if (each.kind === 'put' || each.kind === 'delete') {
      const timestamp = Math.max(0, streamTime + each.time - 45)
      const isLate = timestamp < streamTime - ttlMs
      const made = keyOf(each.key)
      const outcome =
        each.kind === 'put' ? rig.store.put(made, each.value, timestamp) : rig.store.delete(made, timestamp)
      assert.deepStrictEqual(outcome, isLate ? 'expired' : undefined)
      if (isLate) continue
      rig.model = rig.model.filter((row) => identity(row) !== hex(serde, made))
      if (each.kind === 'put') rig.model.push({ key: each.key, value: each.value, timestamp })
    } else if (each.kind === 'advance') {
      streamTime += each.by
      expire()
    } else if (each.kind === 'flush') {
      rig.flush()
    } else {
      rig.crash(each.compact)
      // The next record brings the time.
      expire()
    }
    const stored = [...rig.store.all()].map(([found, entry]) => [hex(serde, found), entry.value, entry.timestamp])
    const wanted = sortedBy(rig.model, identity).map((row) => [identity(row), row.value, row.timestamp])
    assert.deepStrictEqual(stored, wanted)
    assert.deepStrictEqual(rig.store.entryCount, rig.model.length)
  }

  function expire(): void {
    const gone = rig.model.filter(({ timestamp }) => timestamp < streamTime - ttlMs)
    rig.model = rig.model.filter(({ timestamp }) => timestamp >= streamTime - ttlMs)
    const expected = sortedBy(gone, ({ timestamp }) => timestamp, identity)
    const found = rig.store
      .expire(streamTime)
      .map(([made, { value, timestamp }]) => [hex(serde, made), value, timestamp])
    assert.deepStrictEqual(
      found,
      expected.map((row) => [identity(row), row.value, row.timestamp]),
    )
  }
}

test.each(keyKinds)('forgets what a model that scans forgets, through flushes and restores; $label', (kind) => {
  expect(() =>
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120, size: 'max' }), (operations) => run(kind, operations)),
      { numRuns: 300 },
    ),
  ).not.toThrow()
})

test('what was restored is forgotten by its stored timestamps', () => {
  const made = store()
  made.put('a', 'x', 100)
  made.put('b', 'y', 110)
  const again = restored(store(), flushed(made))
  expect(lines(again.expire(125))).toEqual(['a=x@100'])
  expect(lines(again.all())).toEqual(['b=y@110'])
})
