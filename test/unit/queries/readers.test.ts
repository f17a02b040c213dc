/* Readers on the test driver: one task, no waiting. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { QueryError, TopologyError } from '../../../src/core/errors.ts'
import { keyValueStore, sessionStore, windowStore } from '../../../src/dsl/store-declarations.ts'
import { topology } from '../../../src/dsl/topology.ts'
import { sliding, tumbling } from '../../../src/dsl/windows.ts'
import { planTopology } from '../../../src/planner/plan-topology.ts'
import { keyFromText } from '../../../src/queries/key-text.ts'
import type { CatalogStore } from '../../../src/queries/store-catalog.ts'
import { bytes } from '../../../src/serde/bytes.ts'
import { double } from '../../../src/serde/double.ts'
import { int32, int64, safeInt64 } from '../../../src/serde/integers.ts'
import { json } from '../../../src/serde/json.ts'
import type { Serde } from '../../../src/serde/serde.ts'
import { string } from '../../../src/serde/string.ts'
import { createTestDriver } from '../../../src/testing/topology-test-driver.ts'

const numbers = { key: int32(), value: json<number>() }

function codeOf(call: () => unknown): string {
  try {
    call()
  } catch (error) {
    if (error instanceof QueryError) return error.code
    throw error
  }
  return 'none'
}

describe('a key-value reader', () => {
  test('gives keys in the order of their unsigned bytes, between inclusive bounds, from either end', async () => {
    const driver = await createTestDriver(topology('t', (t) => ({ table: t.table('in', numbers) })))
    const input = await driver.inputTopic('in', numbers)
    const { local } = driver.reader('table')
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -20, max: 20 })),
        fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined }),
        fc.option(fc.integer({ min: -20, max: 20 }), { nil: undefined }),
        fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
        (present, from, to, limit) => {
          for (let key = -20; key <= 20; key++)
            input.pipe({ key, value: present.includes(key) ? key * 2 : null, timestamp: key + 100 })
          const order = (key: number): number => key >>> 0
          const inside = present
            .filter(
              (key) =>
                (from === undefined || order(key) >= order(from)) && (to === undefined || order(key) <= order(to)),
            )
            .toSorted((a, b) => order(a) - order(b))
            .map((key) => ({ key, value: key * 2, timestamp: key + 100 }))
          const options = {
            ...(from !== undefined && { from }),
            ...(to !== undefined && { to }),
            ...(limit && { limit }),
          }
          expect(local.range(options)).toEqual(inside.slice(0, limit))
          expect(local.range({ ...options, order: 'descending' })).toEqual(inside.toReversed().slice(0, limit))
          expect(local.approximateCount()).toBe(present.length)
        },
      ),
      { numRuns: 100 },
    )
    await expect(driver.reader('table').get(7)).resolves.toEqual(local.get(7))
  })

  test('without a limit a result that is too large is an error, not a part', async () => {
    const driver = await createTestDriver(topology('t', (t) => ({ table: t.table('in', numbers) })))
    const input = await driver.inputTopic('in', numbers)
    for (let key = 0; key <= 10_000; key++) input.pipe({ key, value: 1, timestamp: 0 })
    const reader = driver.reader('table')
    expect(codeOf(() => reader.local.range())).toBe('MILLRACE_QUERY_INVALID')
    expect(reader.local.range({ limit: 10_000 })).toHaveLength(10_000)
    expect(reader.local.range({ from: 1 })).toHaveLength(10_000)
    let scanned = 0
    for await (const { key } of reader.scan()) expect(key).toBe(scanned++)
    expect(scanned).toBe(10_001)
  })
})

describe('stores of processors', () => {
  const totals = keyValueStore('totals', { key: string(), value: double() })
  const peaks = windowStore('peaks', { key: string(), value: double(), size: '1m', retention: '1h' })
  const visits = sessionStore('visits', { key: string(), value: double(), retention: '1h' })
  const declared = topology('t', (t) => {
    t.stream('in', { key: string(), value: double() }).process<string, number>(
      () => ({
        process(record, context) {
          context.store(totals).put(record.key, record.value)
          context.store(peaks).put(record.key, record.value, 60_000)
          context.store(visits).put(record.key, record.value, { start: 1, end: 2 })
        },
      }),
      { stores: [totals, peaks, visits] },
    )
    return { totals, peaks }
  })

  test('are read by name, or by their declaration', async () => {
    const driver = await createTestDriver(declared)
    const input = await driver.inputTopic('in', { key: string(), value: double() })
    input.pipe({ key: 'ann', value: 5, timestamp: 7 })
    expect(driver.reader('totals').local.get('ann')).toEqual({ value: 5, timestamp: 7 })
    expect(driver.reader(totals).local.get('ann')).toEqual({ value: 5, timestamp: 7 })
    const peak = { key: 'ann', value: 5, timestamp: 7, window: { start: 60_000, end: 120_000 } }
    expect(driver.reader(peaks).local.fetch('ann')).toEqual([peak])
    expect(driver.reader('peaks').local.get(peak)).toEqual({ value: 5, timestamp: 7 })
    const session = { key: 'ann', value: 5, timestamp: 2, window: { start: 1, end: 2 } }
    expect(await driver.reader(visits).fetchAll({ from: 2 })).toEqual([session])
    expect(await driver.reader(visits).fetchAll({ from: 3 })).toEqual([])
    expect(driver.reader(visits).local.get({ key: 'ann', window: { start: 1, end: 3 } })).toBeNull()
  })

  test('of another kind than declared are refused', async () => {
    const driver = await createTestDriver(declared)
    const wrong = keyValueStore('peaks', { key: string(), value: double() })
    expect(codeOf(() => driver.reader(wrong).local.get('ann'))).toBe('MILLRACE_STORE_KIND')
    const missing = keyValueStore('total', { key: string(), value: double() })
    expect(codeOf(() => driver.reader(missing).local.get('ann'))).toBe('MILLRACE_STORE_UNKNOWN')
  })
})

describe('what a declaration returns', () => {
  const source = { key: string(), value: json<number>() }
  const storesOf = (declared: Parameters<typeof planTopology>[0]): unknown =>
    planTopology(declared, { applicationId: 'a' }).subtopologies.flatMap(({ stores }) => stores.map(({ name }) => name))

  test('is kept, by the name that it has anyway', () => {
    const declared = topology('t', (t) => {
      const table = t.table('in', source)
      const counts = t.stream('visits', source).groupByKey().count()
      return { table, counts }
    })
    expect(declared.queryables).toEqual({ table: { store: 'in' }, counts: { store: 'visits-count' } })
    expect(storesOf(declared)).toEqual(['in', 'visits-count'])
  })

  test('a filter or mapper is kept by the name under which it was returned, unless it has one', async () => {
    const declared = topology('t', (t) => {
      const table = t.table('in', source)
      const large = table.filter((value) => value > 10)
      const doubled = table.mapValues((value) => value * 2, { store: 'twice', value: json<number>() })
      return { large, doubled }
    })
    expect(storesOf(declared)).toEqual(['large', 'twice'])
    const driver = await createTestDriver(declared)
    const input = await driver.inputTopic('in', source)
    input.pipe({ key: 'a', value: 5, timestamp: 0 }, { key: 'b', value: 15, timestamp: 0 })
    expect(
      driver
        .reader('large')
        .local.range()
        .map(({ key }) => key),
    ).toEqual(['b'])
    expect(driver.reader('doubled').local.get('a')?.value).toBe(10)
  })

  test('sliding windows have their length', async () => {
    const declared = topology('t', (t) => {
      const grouped = t.stream('in', source).groupByKey()
      return { sums: grouped.windowedBy(sliding({ difference: '10s', grace: 0 })).count() }
    })
    const driver = await createTestDriver(declared)
    const input = await driver.inputTopic('in', source)
    input.pipe({ key: 'a', value: 1, timestamp: 20_000 })
    expect(driver.reader('sums').local.fetch('a')).toMatchObject([{ value: 1, window: { start: 10_000, end: 20_000 } }])
  })

  test('a suppressed table, a stream among tables and a store that nobody uses are mistakes', () => {
    const problems = (declare: () => unknown): string => {
      try {
        declare()
      } catch (error) {
        if (error instanceof TopologyError) return error.message
      }
      return 'none'
    }
    const suppressed = (): unknown =>
      topology('t', (t) => {
        const windows = t
          .stream('in', source)
          .groupByKey()
          .windowedBy(tumbling({ size: '1m', grace: 0 }))
          .count()
        return { final: windows.suppress({ until: 'window-close' }) }
      })
    expect(problems(suppressed)).toContain('queryable final: a suppress keeps no table that could be read')
    const mixed = (): unknown =>
      topology('t', (t) => ({ table: t.table('a', source), stream: t.stream('b', source) }) as unknown)
    expect(problems(mixed)).toContain('queryable stream: it is no table')
    const unused = topology('t', (t) => {
      t.stream('in', source)
      return { totals: keyValueStore('totals', source) }
    })
    expect(problems(() => planTopology(unused, { applicationId: 'a' }))).toContain('nothing keeps a store totals')
  })
})

test('keys in URLs', () => {
  const read = (key: Serde<any>, text: string): unknown => keyFromText({ name: 's', key } as CatalogStore, text)
  expect(read(string(), '7')).toBe('7')
  expect(read(int32(), '-7')).toBe(-7)
  expect(read(safeInt64(), '7')).toBe(7)
  expect(read(double(), '0.5')).toBe(0.5)
  expect(read(int64(), '9007199254740993')).toBe(9_007_199_254_740_993n)
  expect(read(json(), '{"a":1}')).toEqual({ a: 1 })
  expect(read(json(), 'ann')).toBe('ann')
  expect(read(bytes(), '-_8=')).toEqual(Uint8Array.of(251, 255))
  for (const [serde, text] of [
    [int32(), 'x'],
    [double(), ''],
    [int64(), '1.5'],
  ] as const)
    expect(codeOf(() => read(serde as Serde<any>, text))).toBe('MILLRACE_QUERY_INVALID')
})
