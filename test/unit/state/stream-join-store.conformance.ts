import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StoreSerdes } from '../../../src/state/state-store.ts'
import type { StreamJoinStore } from '../../../src/state/stream-join-store.ts'
import { jsonSerde, keyKinds, sortedBy, StoreRig, textKeys, type KeyKind } from './store-rig.ts'

type Create = <K>(serdes: StoreSerdes<K, string>, options: { retentionMs: number }) => StreamJoinStore<K, string>

interface Model {
  rows: { readonly key: number; readonly timestamp: number; readonly value: string }[]
  streamTime: number
}

/** Few times, so that many records share one. */
const time = fc.integer({ min: 0, max: 30 })
const key = fc.nat(textKeys.keyCount - 1)
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key,
      timestamp: time,
      value: fc.string({ maxLength: 3 }),
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('read' as const), key, from: time, to: time }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('jump' as const), by: fc.constantFrom(3, 40, 3_000_000_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), flush: fc.boolean(), compact: fc.boolean() }),
  },
)

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

export function streamJoinStoreConformance(create: Create): void {
  describe.each(keyKinds)('with $label', (kind) => {
    test('answers as a list that is searched from end to end, through flushes and restores', () => {
      expect(() =>
        fc.assert(
          fc.property(
            fc.array(operation, { maxLength: 100, size: 'max' }),
            fc.constantFrom(1, 12, 64),
            (operations, retentionMs) => {
              run(create, kind, retentionMs, operations)
            },
          ),
          { numRuns: 60 },
        ),
      ).not.toThrow()
    })
  })
}

function run<K>(create: Create, kind: KeyKind<K>, retentionMs: number, operations: Operation[]): void {
  const serdes = { key: kind.serde, value: jsonSerde<string>() }
  const rig = new StoreRig<StreamJoinStore<K, string>, Model>(() => create(serdes, { retentionMs }), {
    rows: [],
    streamTime: -1,
  })
  let base = 0
  for (const op of operations) {
    if (op.kind === 'put') {
      const row = { key: op.key, timestamp: base + op.timestamp, value: op.value }
      assert.deepStrictEqual(
        rig.store.put(kind.keyOf(op.key), op.value, row.timestamp),
        modelPut(rig.model, row, retentionMs),
      )
      compareFetch(rig, kind, { key: op.key, from: 0, to: Infinity })
    } else if (op.kind === 'read') {
      compareFetch(rig, kind, { key: op.key, from: base + op.from, to: base + op.to })
    } else if (op.kind === 'jump') {
      base += op.by
    } else {
      if (op.kind === 'flush' || op.flush) rig.flush()
      if (op.kind === 'crash') rig.crash(op.compact)
    }
    assert.deepStrictEqual(rig.store.entryCount, rig.model.rows.length)
  }
}

function modelPut(model: Model, row: Model['rows'][number], retentionMs: number): boolean {
  model.streamTime = Math.max(model.streamTime, row.timestamp)
  const expired = model.streamTime - retentionMs
  model.rows = model.rows.filter(({ timestamp }) => timestamp > expired)
  if (row.timestamp <= expired) return false
  model.rows.push(row)
  return true
}

function compareFetch<K>(
  { store, model }: StoreRig<StreamJoinStore<K, string>, Model>,
  kind: KeyKind<K>,
  { key, from, to }: { key: number; from: number; to: number },
): void {
  const found = model.rows.filter((row) => row.key === key && row.timestamp >= from && row.timestamp <= to)
  assert.deepStrictEqual(
    [...store.fetch(kind.keyOf(key), from, to)],
    sortedBy(found, ({ timestamp }) => timestamp).map(({ timestamp, value }) => [timestamp, value]),
  )
}
