import { describe, expect, test } from 'vitest'
import { json, planTopology, string, topology, type StreamsBuilder } from 'millrace'
import { problemsOf } from './plan-facts.ts'

const serdes = { key: string(), value: json<number>() }
const windows = { within: '1m', grace: 0 } as const
const twoSteps =
  'two steps of the plan would have this name, one of them made from the name of a join, table or repartition'

describe('names that only the plan has', () => {
  test('the sides of a join', () => {
    const declare = (builder: StreamsBuilder): void => {
      const stream = builder.stream('in', serdes)
      stream.filter(() => true, { name: 'x-left' })
      stream.join(builder.table('cards', serdes), (left) => left, { name: 'y' })
      stream.join(builder.stream('other', serdes), (left) => left, { ...windows, name: 'x' })
    }
    expect(problemsOf(declare)).toEqual([`x-left: ${twoSteps}`])
  })

  test('the source of a table', () => {
    const declare = (builder: StreamsBuilder): void => {
      builder.table('cards', { ...serdes, name: 'x' })
      builder.stream('in', { ...serdes, name: 'x-source' })
    }
    expect(problemsOf(declare)).toEqual([`x-source: ${twoSteps}`])
  })

  test('a source of several topics', () => {
    const declare = (builder: StreamsBuilder): void => {
      builder.stream(['a', 'b'], { ...serdes, name: 'x' }).filter(() => true, { name: 'x-b' })
    }
    expect(problemsOf(declare)).toEqual([`x-b: ${twoSteps}`])
  })

  test('the ends of a repartition topic', () => {
    const declare = (builder: StreamsBuilder): void => {
      builder
        .stream('in', serdes)
        .repartition({ name: 'x' })
        .filter(() => true, { name: 'x-repartition-source' })
    }
    expect(problemsOf(declare)).toEqual([`x-repartition-source: ${twoSteps}`])
  })

  test('the stores of a join of streams', () => {
    const declare = (builder: StreamsBuilder): void => {
      const stream = builder.stream('in', serdes)
      stream.groupByKey().count({ name: 'counts', store: 'x-unmatched' })
      stream.leftJoin(builder.stream('other', serdes), (left) => left, { ...windows, name: 'x' })
    }
    expect(problemsOf(declare)).toEqual(['x: its store would be called x-unmatched, as that of counts is'])
  })
})

test('internal topics belong to the app', () => {
  const declare = (builder: StreamsBuilder): void => {
    builder.stream('in', serdes).repartition({ name: 'x' }).groupByKey().count({ name: 'counts' })
    builder.stream('app-x-repartition', serdes).to('app-counts-changelog', serdes)
  }
  const sentence = 'it is an internal topic of this app, and the topology reads or writes it'
  expect(problemsOf(declare)).toEqual([
    `topic app-x-repartition: ${sentence}`,
    `topic app-counts-changelog: ${sentence}`,
  ])
})

test('Kafka allows topic names of 249 characters', () => {
  const long = topology('long', (builder) => {
    builder
      .stream('in', serdes)
      .groupByKey()
      .count({ name: 'n'.repeat(190) })
  })
  expect(() => planTopology(long, { applicationId: 'a'.repeat(48) })).not.toThrow()
  expect(() => planTopology(long, { applicationId: 'a'.repeat(49) })).toThrow(
    'would have a name of 250 characters, and Kafka allows 249',
  )
})

test('every serde that is missing is listed at once, with who needs it', () => {
  const declare = (builder: StreamsBuilder): void => {
    const mapped = builder.stream('in', serdes).map((value, key) => ({ key, value }))
    mapped.groupByKey().count({ name: 'counts' })
    mapped.repartition({ name: 'spread', key: string() })
    const other = builder.stream('other', serdes).mapValues((value) => value)
    other.join(builder.stream('third', serdes), (left) => left, { ...windows, name: 'j' })
    builder.table('cards', serdes).mapValues((value) => value, { store: 'mapped' })
  }
  expect(problemsOf(declare)).toEqual([
    'counts: it needs a serde for the key of its repartition topic, and none is known at this point',
    'counts: it needs a serde for the value of its repartition topic, and none is known at this point',
    'counts: it needs a serde for the key of its store, and none is known at this point',
    'spread: it needs a serde for the value of its repartition topic, and none is known at this point',
    "j: it needs a serde for the left side's values, and none is known at this point",
    'cards-table-map-values: it needs a serde for the value of its store, and none is known at this point',
  ])
})

test('serdes follow the records as long as their type stays the same', () => {
  const declare = (builder: StreamsBuilder): void => {
    const stream = builder
      .stream('in', serdes)
      .filter(() => true)
      .peek(() => {})
    stream
      .selectKey((value) => `${value}`, { key: string() })
      .groupByKey()
      .reduce((sum, x) => sum + x, { name: 'a' })
    stream.merge(builder.stream('other', serdes)).toTable({ store: 'b' }).toStream().repartition({ name: 'c' })
    stream
      .split([{ name: 'all' }])
      .all.toTable({ store: 'd' })
      .filter(() => true, { store: 'e' })
  }
  expect(problemsOf(declare)).toEqual([])
})

test('a merge of different serdes has none', () => {
  const declare = (builder: StreamsBuilder): void => {
    const texts = builder.stream('texts', { key: string(), value: string() })
    builder.stream('in', serdes).merge(texts).repartition({ name: 'r' })
  }
  expect(problemsOf(declare)).toEqual([
    'r: it needs a serde for the value of its repartition topic, and none is known at this point',
  ])
})
