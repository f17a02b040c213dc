import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KeyValueStore } from '../../../src/state/key-value-store.ts'
import type { StoreSerdes } from '../../../src/state/state-store.ts'
import { hex, jsonSerde, keyKinds, sortedBy, StoreRig, textKeys, type KeyKind } from './store-rig.ts'

type Create = <K>(serdes: StoreSerdes<K, string>) => KeyValueStore<K, string>

interface Row {
  readonly key: number
  readonly value: string
  readonly timestamp: number
}

const key = fc.nat(textKeys.keyCount - 1)
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), key, value: fc.string({ maxLength: 3 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('delete' as const), key }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('range' as const), from: fc.option(key), to: fc.option(key) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), flush: fc.boolean(), compact: fc.boolean() }),
  },
)

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

export function keyValueStoreConformance(create: Create): void {
  describe.each(keyKinds)('with $label', (kind) => {
    test('answers as a list that is searched from end to end, through flushes and restores', () => {
      expect(() =>
        fc.assert(
          fc.property(fc.array(operation, { maxLength: 100, size: 'max' }), (operations) =>
            run(create, kind, operations),
          ),
          { numRuns: 60 },
        ),
      ).not.toThrow()
    })
  })
}

function run<K>(create: Create, kind: KeyKind<K>, operations: Operation[]): void {
  const serdes = { key: kind.serde, value: jsonSerde<string>() }
  const rig = new StoreRig<KeyValueStore<K, string>, { rows: Row[] }>(() => create(serdes), { rows: [] })
  const bytesOf = (index: number): string => hex(kind.serde, kind.keyOf(index))
  const without = (index: number): Row[] => rig.model.rows.filter((row) => row.key !== index)
  const inOrder = (rows: Row[]): unknown[] =>
    sortedBy(rows, (row) => bytesOf(row.key)).map(({ key, value, timestamp }) => [
      kind.keyOf(key),
      { value, timestamp },
    ])
  operations.forEach((op, step) => {
    if (op.kind === 'put') {
      rig.store.put(kind.keyOf(op.key), op.value, step)
      rig.model.rows = [...without(op.key), { key: op.key, value: op.value, timestamp: step }]
    } else if (op.kind === 'delete') {
      rig.store.delete(kind.keyOf(op.key), step)
      rig.model.rows = without(op.key)
    } else if (op.kind === 'range') {
      const [from, to] = [op.from, op.to].map((index) => (index === null ? null : kind.keyOf(index))) as [
        K | null,
        K | null,
      ]
      const inside = rig.model.rows.filter(
        (row) =>
          (op.from === null || bytesOf(row.key) >= bytesOf(op.from)) &&
          (op.to === null || bytesOf(row.key) <= bytesOf(op.to)),
      )
      assert.deepStrictEqual([...rig.store.range(from, to)], inOrder(inside))
    } else {
      if (op.kind === 'flush' || op.flush) rig.flush()
      if (op.kind === 'crash') rig.crash(op.compact)
    }
    assert.deepStrictEqual([...rig.store.all()], inOrder(rig.model.rows))
    for (let index = 0; index < kind.keyCount; index += 1) {
      const row = rig.model.rows.find((row) => row.key === index)
      const expected = row === undefined ? null : { value: row.value, timestamp: row.timestamp }
      assert.deepStrictEqual(rig.store.get(kind.keyOf(index)), expected)
    }
    assert.deepStrictEqual(rig.store.entryCount, rig.model.rows.length)
  })
}
