import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StoreSerdes } from '../../../src/state/state-store.ts'
import type { WindowStore } from '../../../src/state/window-store.ts'
import { hex, jsonSerde, keyKinds, sortedBy, StoreRig, textKeys, type KeyKind } from './store-rig.ts'

type Create = <K>(
  serdes: StoreSerdes<K, string>,
  options: { retentionMs: number; windowSizeMs: number },
) => WindowStore<K, string>

interface Row {
  readonly key: number
  readonly start: number
  readonly value: string
  readonly timestamp: number
}

interface Model {
  rows: Row[]
  streamTime: number
}

const windowSizeMs = 7
const time = fc.integer({ min: 0, max: 24 })
const key = fc.nat(textKeys.keyCount - 1)
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key,
      start: time,
      value: fc.option(fc.string({ maxLength: 3 })),
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

export function windowStoreConformance(create: Create): void {
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
  const rig = new StoreRig<WindowStore<K, string>, Model>(() => create(serdes, { retentionMs, windowSizeMs }), {
    rows: [],
    streamTime: -1,
  })
  let base = 0
  operations.forEach((op, step) => {
    if (op.kind === 'put') {
      const put = { ...op, start: base + op.start, timestamp: step }
      assert.deepStrictEqual(
        rig.store.put(kind.keyOf(op.key), op.value, put.start, step),
        modelPut(rig.model, put, retentionMs),
      )
    } else if (op.kind === 'read') {
      compareReads(rig, kind, { key: op.key, from: base + op.from, to: base + op.to })
    } else if (op.kind === 'jump') {
      base += op.by
    } else {
      if (op.kind === 'flush' || op.flush) rig.flush()
      if (op.kind === 'crash') rig.crash(op.compact)
    }
    const all = sortedBy(
      rig.model.rows,
      (row) => row.start,
      (row) => hex(kind.serde, kind.keyOf(row.key)),
    )
    assert.deepStrictEqual(
      [...rig.store.all()],
      all.map(({ key, start, value, timestamp }) => [
        { key: kind.keyOf(key), window: { start, end: start + windowSizeMs } },
        { value, timestamp },
      ]),
    )
    assert.deepStrictEqual(rig.store.entryCount, all.length)
  })
}

function modelPut(model: Model, put: Omit<Row, 'value'> & { value: string | null }, retentionMs: number): boolean {
  model.streamTime = Math.max(model.streamTime, put.start)
  const expired = model.streamTime - retentionMs
  model.rows = model.rows.filter((row) => row.start > expired)
  if (put.start <= expired) return false
  model.rows = model.rows.filter((row) => row.key !== put.key || row.start !== put.start)
  if (put.value !== null)
    model.rows.push({ key: put.key, start: put.start, value: put.value, timestamp: put.timestamp })
  return true
}

function compareReads<K>(
  { store, model }: StoreRig<WindowStore<K, string>, Model>,
  kind: KeyKind<K>,
  { key, from, to }: { key: number; from: number; to: number },
): void {
  const ofKey = model.rows.filter((row) => row.key === key)
  const exact = ofKey.find((row) => row.start === from)
  assert.deepStrictEqual(
    store.fetch(kind.keyOf(key), from),
    exact === undefined ? null : { value: exact.value, timestamp: exact.timestamp },
  )
  const inRange = sortedBy(
    ofKey.filter(({ start }) => start >= from && start <= to),
    ({ start }) => start,
  ).map(({ start, value, timestamp }) => [start, { value, timestamp }])
  assert.deepStrictEqual([...store.fetchRange(kind.keyOf(key), from, to)], inRange)
  assert.deepStrictEqual([...store.fetchRangeBackward(kind.keyOf(key), from, to)], inRange.reverse())
}
