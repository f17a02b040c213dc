import { describe, expect, test } from 'vitest'
import { json, string, type KStream, type StreamsBuilder } from 'millrace'
import { dropsNullKeys, planned, problemsOf, topics } from './plan-facts.ts'

const serdes = { key: string(), value: json<number>() }
const windows = { within: '1m', grace: 0 } as const
type Stream = KStream<string, number>

function repartitionTopics(declare: (stream: Stream, builder: StreamsBuilder) => void): readonly string[] {
  return topics(
    planned((builder) => declare(builder.stream('in', serdes), builder)),
    'repartition',
  )
}

const keyChanges: Record<string, (stream: Stream) => Stream> = {
  map: (stream) => stream.map((value, key) => ({ key, value }), serdes),
  flatMap: (stream) => stream.flatMap((value, key) => [{ key, value }], serdes),
  selectKey: (stream) => stream.selectKey((_value, key) => key, { key: string() }),
}

const keyKeepers: Record<string, (stream: Stream) => Stream> = {
  filter: (stream) => stream.filter(() => true),
  filterNot: (stream) => stream.filterNot(() => false),
  mapValues: (stream) => stream.mapValues((value) => value, { value: json<number>() }),
  flatMapValues: (stream) => stream.flatMapValues((value) => [value], { value: json<number>() }),
  peek: (stream) => stream.peek(() => {}),
  split: (stream) => stream.split([{ name: 'all' }]).all,
  repartition: (stream) => stream.repartition({ name: 'there' }),
}

const keyUsers: Record<string, (stream: Stream, builder: StreamsBuilder) => unknown> = {
  count: (stream) => stream.groupByKey().count({ name: 'user' }),
  toTable: (stream) => stream.toTable({ name: 'user' }),
  dedupe: (stream) => stream.dedupe({ id: (value) => value, within: '1m', name: 'user' }),
  'join with a table': (stream, builder) =>
    stream.join(builder.table('table', serdes), (left) => left, { name: 'user' }),
}

describe.each(Object.entries(keyUsers))('%s', (name, use) => {
  const topic = 'app-user-repartition'

  test.each(Object.entries(keyChanges))(`reads through a repartition topic after %s`, (_change, change) => {
    expect(repartitionTopics((stream, builder) => use(change(stream), builder))).toEqual([topic])
  })

  test.each(Object.entries(keyKeepers))(`reads directly after %s`, (keeper, keep) => {
    const there = keeper === 'repartition' ? ['app-there-repartition'] : []
    expect(repartitionTopics((stream, builder) => use(keep(stream), builder))).toEqual(there)
  })

  test.each(Object.entries(keyKeepers))(`a changed key is not forgotten over %s`, (keeper, keep) => {
    const expected = keeper === 'repartition' ? 'app-there-repartition' : topic
    const found = repartitionTopics((stream, builder) => use(keep(keyChanges['selectKey']!(stream)), builder))
    expect(found, name).toEqual([expected])
  })
})

test('both sides of a join of streams are repartitioned where their keys changed', () => {
  const found = (left: boolean, right: boolean): readonly string[] =>
    repartitionTopics((stream, builder) => {
      const other = builder.stream('other', serdes)
      const change = keyChanges['selectKey']!
      ;(left ? change(stream) : stream).join(right ? change(other) : other, (l) => l, { ...windows, name: 'j' })
    })
  expect(found(false, false)).toEqual([])
  expect(found(true, false)).toEqual(['app-j-left-repartition'])
  expect(found(false, true)).toEqual(['app-j-right-repartition'])
  expect(found(true, true)).toEqual(['app-j-left-repartition', 'app-j-right-repartition'])
})

test('a merge needs a repartition topic when either side does', () => {
  const found = repartitionTopics((stream, builder) => {
    builder.stream('other', serdes).merge(keyChanges['map']!(stream)).groupByKey().count({ name: 'both' })
  })
  expect(found).toEqual(['app-both-repartition'])
})

test('each aggregate has its own repartition topic, unless the grouping names one', () => {
  const aggregates = (grouping: { name?: string }): readonly string[] =>
    repartitionTopics((stream) => {
      const grouped = stream.groupBy((value) => `${value}`, { key: string(), value: json<number>(), ...grouping })
      grouped.count({ name: 'counts' })
      grouped.reduce((sum, x) => sum + x, { name: 'sums' })
    })
  expect(aggregates({})).toEqual(['app-counts-repartition', 'app-sums-repartition'])
  expect(aggregates({ name: 'shared' })).toEqual(['app-shared-repartition'])
})

test('unnamed joins of one stream share its repartition topic; a named one has its own', () => {
  const found = repartitionTopics((stream, builder) => {
    const rekeyed = keyChanges['selectKey']!(stream)
    rekeyed.join(builder.table('one', serdes), (left) => left)
    rekeyed.leftJoin(builder.table('two', serdes), (left) => left)
    rekeyed.join(builder.table('three', serdes), (left) => left, { name: 'own' })
  })
  expect(found).toEqual(['app-in-select-key-repartition', 'app-own-repartition'])
})

test('two streams that would write to one repartition topic are a mistake', () => {
  const declare = (builder: StreamsBuilder): void => {
    const rekeyed = keyChanges['selectKey']!(builder.stream('in', serdes))
    const table = builder.table('table', serdes)
    rekeyed.filter((value) => value > 1).join(table, (left) => left)
    rekeyed.filter((value) => value < 1).leftJoin(table, (left) => left)
  }
  expect(problemsOf(declare)).toEqual([
    'in-select-key-table-left-join: its repartition topic would be app-in-select-key-repartition, which another stream is written to',
  ])
})

test('null keys are dropped before a repartition topic, unless a left or outer join follows', () => {
  const plan = planned((builder) => {
    const stream = keyChanges['selectKey']!(builder.stream('in', serdes))
    const table = builder.table('table', serdes)
    stream.groupByKey().count({ name: 'counts' })
    stream.join(table, (left) => left, { name: 'inner' })
    stream.leftJoin(table, (left) => left, { name: 'left' })
    const other = keyChanges['selectKey']!(builder.stream('other', serdes))
    stream.outerJoin(other, (left) => left, { name: 'outer', ...windows })
    stream.repartition({ name: 'plain' }).to('out', serdes)
    stream.repartition({ name: 'joined' }).leftJoin(table, (left) => left, { name: 'after' })
  })
  expect(dropsNullKeys(plan)).toEqual({
    'app-counts-repartition': true,
    'app-inner-repartition': true,
    'app-left-repartition': false,
    'app-outer-left-repartition': false,
    'app-outer-right-repartition': false,
    'app-plain-repartition': true,
    'app-joined-repartition': false,
  })
})

test('a grouped table always reads through a repartition topic', () => {
  const found = repartitionTopics((_stream, builder) => {
    builder
      .table('table', serdes)
      .groupBy((value, key) => ({ key, value }), serdes)
      .count({ name: 'counts' })
  })
  expect(found).toEqual(['app-counts-repartition'])
})
