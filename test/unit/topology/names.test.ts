import { expect, test } from 'vitest'
import { countOf, json, string, topology, tumbling, type StreamsBuilder } from 'millrace'
import { nameNodes, storeName } from '../../../src/topology/names.ts'

const serdes = { key: string(), value: json<number>() }

function names(declare: (builder: StreamsBuilder) => void): readonly (readonly string[])[] {
  const { nodes } = topology('names', declare)
  return nameNodes(nodes).map(({ nodeName, baseName }, id) => [nodeName, storeName(nodes[id]!, baseName)])
}

test('a name says what the node does and what feeds it; steps that keep the key leave no trace in it', () => {
  const declare = (builder: StreamsBuilder): void => {
    const payments = builder.stream('payments', serdes).filter(() => true)
    payments
      .selectKey((value) => `${value}`, { key: string() })
      .mapValues(Number, { value: serdes.value })
      .groupByKey()
      .count()
    payments.groupByKey().over({ ranges: { hour: '1h' }, aggregate: countOf() })
    payments.leftJoin(builder.table('cards', serdes), (value) => value)
  }
  expect(names(declare)).toEqual([
    ['payments', 'payments'],
    ['payments-filter', 'payments'],
    ['payments-select-key', 'payments-select-key'],
    ['payments-select-key-map-values', 'payments-select-key'],
    ['payments-select-key-count', 'payments-select-key-count'],
    ['payments-over', 'payments-over'],
    ['cards', 'cards'],
    ['payments-cards-left-join', 'payments-cards-left-join'],
  ])
})

test('a given name replaces all that, for what comes after it too', () => {
  const declare = (builder: StreamsBuilder): void => {
    const windowed = builder
      .stream('in', serdes)
      .map((value, key) => ({ key, value }), { ...serdes, name: 'm' })
      .groupByKey()
      .windowedBy(tumbling({ size: 1, grace: 0 }))
    windowed.count().suppress({ until: 'window-close' })
    windowed.reduce((sum) => sum, { store: 'sums' })
  }
  expect(names(declare)).toEqual([
    ['in', 'in'],
    ['m', 'm'],
    ['m-count', 'm-count'],
    ['m-count-suppress', 'm-count-suppress-store'],
    ['sums', 'sums'],
  ])
})

test('unnamed nodes that keep nothing are told apart by number, and give way to given names', () => {
  const declare = (builder: StreamsBuilder): void => {
    const stream = builder.stream('in', serdes)
    stream.filter(() => true)
    stream.filter(() => true)
    stream.peek(() => {}, { name: 'in-filter-2' })
  }
  expect(names(declare).map(([node]) => node)).toEqual(['in', 'in-filter', 'in-filter-3', 'in-filter-2'])
})
