import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { SessionStore } from '../../../src/state/session-store.ts'
import type { StoreSerdes } from '../../../src/state/state-store.ts'
import { hex, jsonSerde, keyKinds, sortedBy, StoreRig, textKeys, type KeyKind } from './store-rig.ts'

type Create = <K>(serdes: StoreSerdes<K, number>, options: { retentionMs: number }) => SessionStore<K, number>

interface Row {
  readonly key: number
  readonly start: number
  readonly end: number
  readonly aggregate: number
}

interface Model {
  rows: Row[]
  streamTime: number
}

const time = fc.integer({ min: 0, max: 24 })
const key = fc.nat(textKeys.keyCount - 1)
const length = fc.nat(6)
const operation = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('put' as const),
      key,
      start: time,
      length,
      aggregate: fc.option(fc.nat(9)),
    }),
  },
  /** What a session aggregate does: replaces a session by a longer one. */
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('extend' as const), row: fc.nat(20), length }) },
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

export function sessionStoreConformance(create: Create): void {
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
  const serdes = { key: kind.serde, value: jsonSerde<number>() }
  const rig = new StoreRig<SessionStore<K, number>, Model>(() => create(serdes, { retentionMs }), {
    rows: [],
    streamTime: -1,
  })
  let base = 0
  const put = (row: Omit<Row, 'aggregate'> & { aggregate: number | null }, step: number): void => {
    const { key, start, end, aggregate } = row
    assert.deepStrictEqual(
      rig.store.put(kind.keyOf(key), aggregate, { start, end }, step),
      modelPut(rig.model, row, retentionMs),
    )
  }
  operations.forEach((op, step) => {
    if (op.kind === 'put') {
      const start = base + op.start
      put({ key: op.key, start, end: start + op.length, aggregate: op.aggregate }, step)
    } else if (op.kind === 'extend') {
      const row = rig.model.rows[op.row]
      if (row === undefined) return
      put({ ...row, aggregate: null }, step)
      put({ ...row, end: row.end + op.length, aggregate: step }, step)
    } else if (op.kind === 'read') {
      compareReads(rig, kind, { key: op.key, from: base + op.from, to: base + op.to })
    } else if (op.kind === 'jump') {
      base += op.by
    } else {
      if (op.kind === 'flush' || op.flush) rig.flush()
      if (op.kind === 'crash') rig.crash(op.compact)
    }
    compareAll(rig, kind)
  })
}

function modelPut(
  model: Model,
  put: Omit<Row, 'aggregate'> & { aggregate: number | null },
  retentionMs: number,
): boolean {
  model.streamTime = Math.max(model.streamTime, put.end)
  const expired = model.streamTime - retentionMs
  model.rows = model.rows.filter((row) => row.end > expired)
  if (put.end <= expired) return false
  const { key, start, end, aggregate } = put
  model.rows = model.rows.filter((row) => row.key !== key || row.start !== start || row.end !== end)
  if (aggregate !== null) model.rows.push({ key, start, end, aggregate })
  return true
}

function compareAll<K>({ store, model }: StoreRig<SessionStore<K, number>, Model>, kind: KeyKind<K>): void {
  const all = sortedBy(
    model.rows,
    (row) => row.end,
    (row) => row.start,
    (row) => hex(kind.serde, kind.keyOf(row.key)),
  )
  assert.deepStrictEqual(
    [...store.all()],
    all.map(({ key, start, end, aggregate }) => [{ key: kind.keyOf(key), window: { start, end } }, aggregate]),
  )
  assert.deepStrictEqual(store.entryCount, all.length)
}

function compareReads<K>(
  { store, model }: StoreRig<SessionStore<K, number>, Model>,
  kind: KeyKind<K>,
  { key, from, to }: { key: number; from: number; to: number },
): void {
  const ofKey = model.rows.filter((row) => row.key === key)
  const exact = ofKey.find((row) => row.start === from && row.end === to)
  assert.deepStrictEqual(store.fetchSession(kind.keyOf(key), from, to), exact?.aggregate ?? null)
  for (const row of ofKey)
    assert.deepStrictEqual(store.fetchSession(kind.keyOf(key), row.start, row.end), row.aggregate)
  const overlapping = sortedBy(
    ofKey.filter(({ start, end }) => end >= from && start <= to),
    (row) => row.end,
    (row) => row.start,
  )
  assert.deepStrictEqual(
    [...store.findSessions(kind.keyOf(key), from, to)],
    overlapping.map(({ start, end, aggregate }) => [{ start, end }, aggregate]),
  )
}
