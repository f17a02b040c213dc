import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Serde } from '../../../src/serde/serde.ts'
import type { JoinSide, UnmatchedStore } from '../../../src/state/unmatched-store.ts'
import { hex, jsonSerde, keyKinds, sortedBy, StoreRig, textKeys, type KeyKind } from './store-rig.ts'

type Create = <K>(serdes: {
  key: Serde<K>
  left: Serde<string>
  right: Serde<number>
}) => UnmatchedStore<K, string, number>

interface Row {
  readonly key: number
  readonly side: JoinSide
  readonly timestamp: number
  readonly values: (string | number)[]
}

interface Model {
  rows: Row[]
}

const place = {
  key: fc.nat(textKeys.keyCount - 1),
  side: fc.constantFrom<JoinSide>('left', 'right'),
  timestamp: fc.nat(5),
}
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('add' as const), ...place, value: fc.nat(99) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), ...place }) },
  /** What a join does when stream time moves on: emits and deletes, and passes by what is still open. */
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('drain' as const), until: fc.nat(6), side: place.side }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), flush: fc.boolean(), compact: fc.boolean() }),
  },
)

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

export function unmatchedStoreConformance(create: Create): void {
  describe.each(keyKinds)('with $label', (kind) => {
    test('answers as a list that is searched from end to end, through flushes and restores', () => {
      expect(() =>
        fc.assert(
          fc.property(fc.array(operation, { maxLength: 150, size: 'max' }), (operations) =>
            run(create, kind, operations),
          ),
          { numRuns: 60 },
        ),
      ).not.toThrow()
    })
  })
}

function run<K>(create: Create, kind: KeyKind<K>, operations: Operation[]): void {
  const serdes = { key: kind.serde, left: jsonSerde<string>(), right: jsonSerde<number>() }
  const rig = new StoreRig<UnmatchedStore<K, string, number>, Model>(() => create(serdes), { rows: [] })
  for (const op of operations) {
    if (op.kind === 'add') {
      const value = op.side === 'left' ? `${op.value}` : op.value
      rig.store.add(op.timestamp, op.side, kind.keyOf(op.key), value)
      modelAdd(rig.model, { ...op, value })
    } else if (op.kind === 'delete') {
      const deleted = modelDelete(
        rig.model,
        (row) => row.key === op.key && row.side === op.side && row.timestamp === op.timestamp,
      )
      assert.deepStrictEqual(rig.store.delete(op.timestamp, op.side, kind.keyOf(op.key)), deleted)
    } else if (op.kind === 'drain') {
      drain(rig, kind, op)
    } else {
      if (op.kind === 'flush' || op.flush) rig.flush()
      if (op.kind === 'crash') rig.crash(op.compact)
    }
    const expected = inOrder(rig.model, kind)
    assert.deepStrictEqual(
      [...rig.store.entries()].map(({ timestamp, side, key, values }) => ({ timestamp, side, key, values })),
      expected,
    )
    assert.deepStrictEqual(rig.store.isEmpty, expected.length === 0)
    assert.deepStrictEqual(rig.store.entryCount, expected.length)
  }
}

function modelAdd(
  model: Model,
  { key, side, timestamp, value }: Omit<Row, 'values'> & { value: string | number },
): void {
  const row = model.rows.find((row) => row.key === key && row.side === side && row.timestamp === timestamp)
  if (row === undefined) model.rows.push({ key, side, timestamp, values: [value] })
  else row.values.push(value)
}

function modelDelete(model: Model, isGone: (row: Row) => boolean): boolean {
  const before = model.rows.length
  model.rows = model.rows.filter((row) => !isGone(row))
  return model.rows.length < before
}

function drain<K>(
  { store, model }: StoreRig<UnmatchedStore<K, string, number>, Model>,
  kind: KeyKind<K>,
  { until, side }: { until: number; side: JoinSide },
): void {
  const met: unknown[] = []
  const expected = inOrder(model, kind).filter(({ timestamp }) => timestamp < until)
  for (const entry of store.entries()) {
    if (entry.timestamp >= until) break
    if (entry.side === side) assert.deepStrictEqual(store.delete(entry.timestamp, entry.side, entry.key), true)
    met.push({ timestamp: entry.timestamp, side: entry.side, key: entry.key, values: entry.values })
  }
  assert.deepStrictEqual(met, expected)
  modelDelete(model, (row) => row.timestamp < until && row.side === side)
}

function inOrder<K>(
  model: Model,
  kind: KeyKind<K>,
): { timestamp: number; side: JoinSide; key: K; values: (string | number)[] }[] {
  const rows = sortedBy(
    model.rows,
    ({ timestamp }) => timestamp,
    ({ side }) => (side === 'right' ? 0 : 1),
    ({ key }) => hex(kind.serde, kind.keyOf(key)),
  )
  return rows.map(({ timestamp, side, key, values }) => ({ timestamp, side, key: kind.keyOf(key), values }))
}
