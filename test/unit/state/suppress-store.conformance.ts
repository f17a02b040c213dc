import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { change } from '../../../src/core/change.ts'
import type { Headers } from '../../../src/core/stream-record.ts'
import type { StoreSerdes } from '../../../src/state/state-store.ts'
import type { SuppressStore } from '../../../src/state/suppress-store.ts'
import { hex, jsonSerde, keyKinds, sortedBy, StoreRig, textKeys, type KeyKind } from './store-rig.ts'

type Create = <K>(serdes: StoreSerdes<K, string>) => SuppressStore<K, string>

interface Row {
  readonly key: number
  readonly bufferTime: number
  readonly prior: string | null
  readonly newValue: string | null
  readonly oldValue: string | null
  readonly timestamp: number
  readonly headers: Headers
}

interface Model {
  rows: Row[]
}

const value = fc.option(fc.string({ maxLength: 3 }))
const headers = fc.array(fc.tuple(fc.string({ maxLength: 2 }), fc.option(fc.uint8Array({ maxLength: 2 }))), {
  maxLength: 2,
})
const key = fc.nat(textKeys.keyCount - 1)
const put = { key, bufferTime: fc.nat(5), newValue: value, oldValue: value, headers }
const operation = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('put' as const), ...put }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('removeFirst' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('count' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('flush' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('crash' as const), flush: fc.boolean(), compact: fc.boolean() }),
  },
)

type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

export function suppressStoreConformance(create: Create): void {
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
  const serdes = { key: kind.serde, value: jsonSerde<string>() }
  const rig = new StoreRig<SuppressStore<K, string>, Model>(() => create(serdes), { rows: [] })
  operations.forEach((op, step) => {
    if (op.kind === 'put') {
      const { newValue, oldValue } = op
      const update = {
        key: kind.keyOf(op.key),
        change: change(newValue, oldValue),
        timestamp: step,
        headers: op.headers,
      }
      rig.store.put(op.bufferTime, update)
      modelPut(rig.model, { ...op, prior: oldValue, timestamp: step })
    } else if (op.kind === 'removeFirst') {
      rig.store.removeFirst()
      rig.model.rows = inOrder(rig.model, kind).slice(1)
    } else if (op.kind === 'count') {
      assert.deepStrictEqual(rig.store.byteCount, byteCount(rig.model, kind))
    } else {
      if (op.kind === 'flush' || op.flush) rig.flush()
      if (op.kind === 'crash') rig.crash(op.compact)
    }
    compare(rig, kind)
  })
}

function modelPut(model: Model, { key, bufferTime, prior, newValue, oldValue, timestamp, headers }: Row): void {
  const before = model.rows.find((row) => row.key === key)
  const place = before === undefined ? { bufferTime, prior } : { bufferTime: before.bufferTime, prior: before.prior }
  model.rows = [
    ...model.rows.filter((row) => row !== before),
    { key, ...place, newValue, oldValue, timestamp, headers },
  ]
}

function inOrder<K>(model: Model, kind: KeyKind<K>): Row[] {
  return sortedBy(
    model.rows,
    ({ bufferTime }) => bufferTime,
    ({ key }) => hex(kind.serde, kind.keyOf(key)),
  )
}

function compare<K>({ store, model }: StoreRig<SuppressStore<K, string>, Model>, kind: KeyKind<K>): void {
  const first = inOrder(model, kind)[0]
  const found = store.first()
  assert.deepStrictEqual(
    found && { bufferTime: found.bufferTime, update: found.update },
    first === undefined
      ? null
      : {
          bufferTime: first.bufferTime,
          update: {
            key: kind.keyOf(first.key),
            change: { newValue: first.newValue, oldValue: first.oldValue },
            timestamp: first.timestamp,
            headers: first.headers,
          },
        },
  )
  for (let index = 0; index < kind.keyCount; index += 1) {
    const row = model.rows.find((row) => row.key === index)
    const prior = row && (row.prior === null ? null : { value: row.prior, timestamp: -1 })
    assert.deepStrictEqual(store.priorValue(kind.keyOf(index)), prior)
  }
  assert.deepStrictEqual(store.recordCount, model.rows.length)
  assert.deepStrictEqual(store.entryCount, model.rows.length)
}

/** Kafka Streams' InMemoryTimeOrderedKeyValueChangeBuffer, without the topic's name. */
function byteCount<K>(model: Model, kind: KeyKind<K>): number {
  const length = (value: string | null): number => (value === null ? 0 : Buffer.byteLength(JSON.stringify(value)))
  const sizes = model.rows.map((row) => {
    const prior = length(row.prior) === length(row.oldValue) && row.prior === row.oldValue ? 0 : length(row.prior)
    const headersLength = row.headers.reduce((sum, [name, value]) => sum + name.length + (value?.length ?? 0), 0)
    const keyLength = hex(kind.serde, kind.keyOf(row.key)).length / 2
    return 28 + keyLength + prior + length(row.oldValue) + length(row.newValue) + headersLength
  })
  return sizes.reduce((sum, size) => sum + size, 0)
}
