import { describe, expect, test } from 'vitest'
import {
  json,
  keyValueStore,
  string,
  topology,
  TopologyError,
  type KStream,
  type KTable,
  type StreamsBuilder,
} from 'millrace'
import { createTestDriver, type TestDriverOptions, type TestRecord } from 'millrace/testing'

const serdes = { key: string(), value: json<number>() }
const ttl = '1m'
type Stream = KStream<string, number>
type Result = KStream<any, any> | KTable<any, any>

async function rig(build: (one: Stream, builder: StreamsBuilder) => Result, options: TestDriverOptions = {}) {
  const declared = topology('ttl', (builder) => {
    const result = build(builder.stream('in', serdes), builder)
    ;('toStream' in result ? result.toStream() : result).to('out', serdes)
  })
  const driver = await createTestDriver(declared, options)
  const output = await driver.outputTopic('out', serdes)
  const topics = [...new Set(driver.plan.subtopologies.flatMap(({ sources }) => sources.map(({ topic }) => topic)))]
  const inputs = new Map(
    await Promise.all(topics.map(async (name) => [name, await driver.inputTopic(name, serdes)] as const)),
  )
  const line = ({ key, value, timestamp }: TestRecord<string, unknown>): string =>
    `${key}=${String(value)}@${timestamp}`
  return {
    driver,
    send: (timestamp: number, key: string, value: number | null, topic = 'in') =>
      inputs.get(topic)!.pipe({ key, value, timestamp }),
    out: () => output.read().map(line),
    drops: () => driver.metrics().tasks[0]!.dropped,
    entries: (name: string) => [...driver.keyValueStore<string, number>(name)!.all()].map(([key]) => key),
  }
}

describe('a table forgets', () => {
  const tables: readonly (readonly [string, (one: Stream, builder: StreamsBuilder) => Result])[] = [
    ['toTable', (one) => one.toTable({ ...serdes, ttl, store: 'kept' })],
    ['reduce', (one) => one.groupByKey().reduce((_, value) => value, { ttl, store: 'kept' })],
    [
      'aggregate',
      (one) =>
        one.groupByKey().aggregate(
          () => 0,
          (_, value) => value,
          { value: serdes.value, ttl, store: 'kept' },
        ),
    ],
    [
      'a mapped table',
      (one) => one.toTable(serdes).mapValues((value) => value, { value: serdes.value, ttl, store: 'kept' }),
    ],
    ['a filtered table', (one) => one.toTable(serdes).filter(() => true, { ttl, store: 'kept' })],
    [
      'a joined table',
      (one) => {
        const table = one.toTable(serdes)
        return table.leftJoin(table, (value) => value, { value: serdes.value, ttl, store: 'kept' }).filter(() => true)
      },
    ],
    [
      'cogroup',
      (one) =>
        one
          .groupByKey()
          .cogroup((_: number, value: number) => value)
          .aggregate(() => 0, { value: serdes.value, ttl, store: 'kept' }),
    ],
    [
      'an aggregate of a table',
      (one) =>
        one
          .toTable(serdes)
          .groupBy((value, key) => ({ key, value }), serdes)
          .reduce(
            (_, value) => value,
            (sum) => sum,
            { ttl, store: 'kept' },
          ),
    ],
  ]

  test.each(tables)('%s', async (_, build) => {
    const { send, out, entries } = await rig(build)
    send(1_000, 'a', 1)
    send(2_000, 'b', 2)
    send(50_000, 'a', 3)
    expect(entries('kept')).toEqual(['a', 'b'])
    out()
    send(62_000, 'c', 4)
    expect(entries('kept')).toEqual(['a', 'b', 'c'])
    out()
    send(62_001, 'd', 5)
    expect(entries('kept')).toEqual(['a', 'c', 'd'])
    expect(out().filter((line) => !line.startsWith('d'))).toEqual(['b=null@62001'])
    send(300_000, 'a', 6)
    expect(entries('kept')).toEqual(['a'])
    expect(new Set(out())).toEqual(new Set(['a=null@300000', 'c=null@300000', 'd=null@300000', 'a=6@300000']))
  })

  test('a table source, kept without a store of its own, with its changelog', async () => {
    const { driver, send, out } = await rig((_, builder) => builder.table('table', { ...serdes, ttl, name: 'kept' }))
    send(1_000, 'a', 1, 'table')
    send(100_000, 'b', 2, 'table')
    expect(out()).toEqual(['a=1@1000', 'a=null@100000', 'b=2@100000'])
    const changelog = await driver.outputTopic('ttl-kept-changelog', {
      key: string(),
      value: { ...string(), deserialize: () => '' },
    })
    expect(changelog.read().map(({ key, value }) => [key, value === null])).toEqual([
      ['a', false],
      ['a', true],
      ['b', false],
    ])
  })
})

test('time is that of the whole task: an entry goes when any record is that much newer', async () => {
  const { send, out, entries } = await rig((one, builder) =>
    one.leftJoin(
      builder.table('table', { ...serdes, ttl, store: 'kept' }),
      (value, known) => value * 100 + (known ?? 0),
      serdes,
    ),
  )
  send(1_000, 'a', 7, 'table')
  send(61_000, 'a', 1)
  send(61_001, 'a', 2)
  expect(out()).toEqual(['a=107@61000', 'a=200@61001'])
  expect(entries('kept')).toEqual([])
})

test('an update that is older than the ttl is dropped and counted', async () => {
  const { send, out, drops } = await rig((one) => one.toTable({ ...serdes, ttl }))
  send(100_000, 'a', 1)
  send(39_999, 'b', 2)
  send(39_999, 'a', null)
  send(40_000, 'c', 3)
  expect(out()).toEqual(['a=1@100000', 'c=3@40000'])
  expect(drops()).toEqual({ expired: 2 })
})

describe('what follows from a forgotten entry', () => {
  test('an aggregate of the table takes it out again', async () => {
    const { send, out } = await rig((_, builder) =>
      builder
        .table('table', { ...serdes, ttl })
        .groupBy((value) => ({ key: 'all', value }), serdes)
        .reduce(
          (a, b) => a + b,
          (a, b) => a - b,
        ),
    )
    send(1_000, 'a', 1, 'table')
    send(2_000, 'b', 2, 'table')
    send(61_500, 'c', 4, 'table')
    expect(out()).toEqual(['all=1@1000', 'all=3@2000', 'all=2@61500', 'all=6@61500'])
  })

  test('a join of tables takes its result back, whichever side goes first', async () => {
    const { send, out } = await rig((_, builder) =>
      builder
        .table('one', { ...serdes, ttl })
        .join(builder.table('two', { ...serdes, ttl }), (a, b) => a * 100 + b, { value: serdes.value }),
    )
    send(1_000, 'a', 1, 'one')
    send(2_000, 'a', 2, 'two')
    send(1_000, 'b', 3, 'one')
    send(1_000, 'b', 4, 'two')
    send(200_000, 'z', 9, 'two')
    expect(out()).toEqual(['a=102@2000', 'b=304@1000', 'a=null@200000', 'b=null@200000'])
  })

  test('a join on a foreign key takes its result back', async () => {
    const { send, out } = await rig((_, builder) =>
      builder.table('one', { ...serdes, ttl: '1h' }).joinByForeignKey(
        builder.table('two', { ...serdes, ttl }),
        () => 'k',
        (a, b) => a * 100 + b,
        { value: serdes.value },
      ),
    )
    send(1_000, 'k', 7, 'two')
    send(2_000, 'a', 1, 'one')
    send(100_000, 'b', 2, 'one')
    expect(out()).toContain('a=null@100000')
  })
})

describe('the store of a processor', () => {
  const kept = keyValueStore('kept', { ...serdes, ttl })
  const counting = (one: Stream): Stream =>
    one.process<string, number>(
      () => ({
        process(record, context) {
          const store = context.store(kept)
          const count = (store.get(record.key) ?? 0) + 1
          store.put(record.key, count)
          context.forward({ ...record, value: count })
        },
      }),
      { stores: [kept], ...serdes },
    )

  test('forgets, and tells nobody; what comes too late is counted', async () => {
    const { send, out, entries, drops } = await rig(counting)
    send(1_000, 'a', 1)
    send(2_000, 'a', 1)
    send(62_001, 'b', 1)
    expect(entries('kept')).toEqual(['b'])
    send(62_002, 'a', 1)
    send(1_000, 'c', 1)
    expect(out()).toEqual(['a=1@1000', 'a=2@2000', 'b=1@62001', 'a=1@62002', 'c=1@1000'])
    expect(entries('kept')).toEqual(['a', 'b'])
    expect(drops()).toEqual({ expired: 1 })
  })
})

test('in an idle task entries go by the wall clock', async () => {
  const { driver, send, out } = await rig((one) => one.toTable({ ...serdes, ttl }), { idleAfter: '10s' })
  send(5_000, 'a', 1)
  driver.advanceWallClockTime('60s')
  expect(out()).toEqual(['a=1@5000'])
  driver.advanceWallClockTime(1)
  expect(out()).toEqual(['a=null@65001'])
  send(5_000, 'a', 2)
  expect(driver.metrics().tasks[0]!.dropped).toEqual({ expired: 1 })
})

describe('mistakes', () => {
  test('are reported with the others', () => {
    const wrong = () =>
      createTestDriver(
        topology('wrong', (builder) => {
          builder.table('one', { ...serdes, ttl: 0, name: 'zero' })
          builder.table('two', { ...serdes, ttl: '1m', versioned: { historyRetention: '1m' }, name: 'both' })
          builder.table('three', { ...serdes, ttl: 'soon' as never, name: 'unread' })
          builder.globalTable('four', { ...serdes, ttl: '1m', name: 'everywhere' } as never)
        }),
      )
    expect(wrong).toThrow(TopologyError)
    expect(wrong).toThrow(/zero[^]*ttl is 0 ms[^]*/)
    expect(wrong).toThrow(/both[^]*versioned and has a ttl/)
    expect(wrong).toThrow(/ttl of unread/)
    expect(wrong).toThrow(/everywhere[^]*a global table has no ttl/)
  })

  test('of a declared store at once', () => {
    expect(() => keyValueStore('kept', { ...serdes, ttl: 0 })).toThrow(/kept[^]*ttl is 0 ms/)
  })
})
