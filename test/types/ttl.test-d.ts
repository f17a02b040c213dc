import { expectTypeOf, test } from 'vitest'
import { json, keyValueStore, string, topology, tumbling, type KTable } from 'millrace'

const serdes = { key: string(), value: json<number>() }

test('ttl is for what keeps one entry for each key', () => {
  topology('t', (builder) => {
    const table = builder.table('in', { ...serdes, ttl: '1h' })
    expectTypeOf(table).toEqualTypeOf<KTable<string, number>>()
    const grouped = builder.stream('other', serdes).groupByKey()
    grouped.count({ ttl: 5 })
    // @ts-expect-error windows have a retention
    grouped.windowedBy(tumbling({ size: '1m', grace: 0 })).count({ ttl: '1h' })
    // @ts-expect-error there is no stream time where a global table is filled
    builder.globalTable('global', { ...serdes, ttl: '1h' })
    // @ts-expect-error a duration
    keyValueStore('kept', { ...serdes, ttl: true })
  })
})
