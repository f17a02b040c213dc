import { describe, expect, test } from 'vitest'
import { describePlan, json, string, type KStream, type KTable, type StreamsBuilder } from 'millrace'
import { planned, stores } from './plan-facts.ts'

const serdes = { key: string(), value: json<number>() }

describe('sub-topologies', () => {
  test('are numbered by what was declared first; a repartition topic separates, a shared store joins', () => {
    const plan = planned((builder) => {
      const alone = builder.stream('alone', serdes)
      const cards = builder.table('cards', serdes)
      const payments = builder.stream('payments', serdes).selectKey((value) => `${value}`, { key: string() })
      payments.join(cards, (value) => value, { name: 'j' }).to('joined', serdes)
      alone.to('out', serdes)
    })
    expect(plan.subtopologies.map(({ id, sources }) => [id, ...sources.map(({ topic }) => topic)])).toEqual([
      [0, 'alone'],
      [1, 'cards', 'app-j-repartition'],
      [2, 'payments'],
    ])
    expect(plan.subtopologies.map((subtopology) => subtopology.stores.map(({ name }) => name))).toEqual([
      [],
      ['cards'],
      [],
    ])
  })

  test('a topic that is read twice has one source', () => {
    const plan = planned((builder) => {
      builder.stream('in', { ...serdes, name: 'one' }).to('first', serdes)
      builder.stream(['in', 'other'], { ...serdes, name: 'two' }).to('second', serdes)
    })
    expect(describePlan(plan)).toMatchInlineSnapshot(`
      "Topologies:
         Sub-topology: 0
          Source: one (topics: [in])
            --> one-sink, two
          Sink: one-sink (topic: first)
            <-- one
          Source: two-other (topics: [other])
            --> two
          Processor: two (stores: [])
            --> two-sink
            <-- one, two-other
          Sink: two-sink (topic: second)
            <-- two
      "
    `)
  })
})

describe('fusing', () => {
  const steps = (declare: (builder: StreamsBuilder) => void): readonly (readonly string[])[] =>
    planned(declare).subtopologies.flatMap(({ nodes }) =>
      nodes.flatMap(({ operator }) => (operator.kind === 'fused' ? [operator.steps.map(({ name }) => name)] : [])),
    )
  const pass = { when: () => true }

  test('a chain becomes one operator that keeps the name of its last step', () => {
    const declare = (builder: StreamsBuilder): void => {
      const input = builder
        .stream('in', serdes)
        .filter(() => true, { name: 'a' })
        .map((value, key) => ({ key, value }), { name: 'b', ...serdes })
      input
        .selectKey((_value, key) => key, { name: 'c', key: string() })
        .mapValues(Number, { name: 'd' })
        .peek(() => {}, { name: 'e' })
        .to('out', serdes)
    }
    expect(steps(declare)).toEqual([['a', 'b', 'c', 'd', 'e']])
    expect(planned(declare).subtopologies[0]!.nodes.map(({ name }) => name)).toEqual(['in', 'e', 'e-sink'])
  })

  test('ends where two take from one, and where two become one', () => {
    const declare = (builder: StreamsBuilder): void => {
      const a = builder.stream('in', serdes).filter(() => true, { name: 'a' })
      const b = a.filter(() => true, { name: 'b' })
      const c = a.filter(() => true, { name: 'c' }).filter(() => true, { name: 'd' })
      b.merge(c)
        .filter(() => true, { name: 'e' })
        .to('out', serdes)
    }
    expect(steps(declare)).toEqual([['a'], ['b'], ['c', 'd'], ['e']])
  })

  test('ends at splits and at steps that make several records', () => {
    const declare = (builder: StreamsBuilder): void => {
      const { one } = builder
        .stream('in', serdes)
        .filter(() => true, { name: 'a' })
        .split([{ name: 'one', ...pass }])
      one
        .filter(() => true, { name: 'b' })
        .flatMapValues((value) => [value])
        .filter(() => true, { name: 'c' })
        .to('out', serdes)
    }
    expect(steps(declare)).toEqual([['a'], ['b'], ['c']])
  })
})

describe('stores only where they are needed', () => {
  type Tables = (table: KTable<string, number>, stream: KStream<string, number>, builder: StreamsBuilder) => unknown
  const kept = (declare: Tables): readonly string[] =>
    stores(planned((builder) => void declare(builder.table('cards', serdes), builder.stream('in', serdes), builder)))
  const filtered = (table: KTable<string, number>): KTable<string, number> => table.filter((value) => value > 0)
  const doubled = (table: KTable<string, number>): KTable<string, number> => table.mapValues((value) => value * 2)

  test.each<[string, readonly string[], Tables]>([
    ['a table that nobody looks up is not kept', [], (table) => doubled(filtered(table)).toStream().to('out', serdes)],
    [
      'a join with a stream keeps the table below the steps',
      ['cards'],
      (table, stream) => stream.join(doubled(filtered(table)), (value) => value),
    ],
    [
      'a join of tables keeps both',
      ['cards', 'limits'],
      (table, _stream, builder) => table.join(builder.table('limits', serdes), (value) => value),
    ],
    [
      'a named step is kept itself',
      ['small'],
      (table) => table.mapValues(Number, { store: 'small', value: json<number>() }),
    ],
    [
      'looking up a named step needs nothing below it',
      ['small'],
      (table, stream) =>
        stream.join(table.mapValues(Number, { store: 'small', value: json<number>() }), (value) => value),
    ],
    [
      'grouping needs old values',
      ['cards', 'counts'],
      (table) => table.groupBy((value, key) => ({ key, value }), serdes).count({ store: 'counts' }),
    ],
    [
      'so does suppress',
      ['cards', 'held-store'],
      (table) => table.suppress({ until: 'time-limit', duration: 1, name: 'held' }),
    ],
    [
      'toTable is kept like a table',
      ['latest'],
      (_table, stream, builder) =>
        builder.stream('other', serdes).join(stream.toTable({ name: 'latest' }), (value) => value),
    ],
    ['toTable that nobody looks up is not', [], (_table, stream) => stream.toTable().toStream().to('out', serdes)],
  ])('%s', (_promise, expected, declare) => {
    expect(kept(declare)).toEqual(expected)
  })
})
