import { avro, countAndSum, json, string, topology, type KStream, type StandardSchema, type Topology } from 'millrace'
import { expectTypeOf, test } from 'vitest'

interface Transaction {
  readonly time: number
  readonly amount: number
}
interface Card {
  readonly limit: number
}
interface Alert {
  readonly risk: number
  readonly card: Card
}

/** As zod and valibot declare it: what goes in is not what comes out. */
declare const cardSchema: StandardSchema<{ limit?: number }, Card>

test('the example of the design needs no annotation', () => {
  const declared = topology('fraud-detection', (t) => {
    const cards = t.table('cards', { key: string(), value: json(cardSchema) })
    const transactions = t.stream('transactions', {
      key: string(),
      value: avro<Transaction>({ type: 'record' }),
      timestamp: (tx) => tx.time,
    })

    transactions
      .groupByKey()
      .over({ name: 'spend', ranges: { hour: '1h', week: '7d' }, aggregate: countAndSum((tx) => tx.amount) })
      .join(cards, ({ value, over }, card) => ({ risk: (value.amount * over.hour.count) / over.week.sum, card }))
      .filter((scored) => scored.risk > 0.8)
      .to('alerts', { key: string(), value: avro<Alert>({ type: 'record' }) })
  })
  expectTypeOf(declared).toEqualTypeOf<Topology>()
})

test('json(schema) has the type of what the schema puts out, all the way down', () => {
  topology('cards', (t) => {
    const cards = t.stream('cards', { key: string(), value: json(cardSchema) })
    expectTypeOf(cards).toEqualTypeOf<KStream<string, Card>>()
    cards.filter((card) => card.limit > 1).to('large', { key: string(), value: json(cardSchema) })
  })
})

test('options kept in a variable infer as well', () => {
  topology('cards', (t) => {
    const options = { key: string(), value: json<Card>() }
    t.stream('cards', options)
      .mapValues((card) => card.limit)
      .filter((limit) => limit > 1)
  })
})

test('a topology is declared, not returned', () => {
  // @ts-expect-error a name comes first
  topology(() => {})
  topology('empty', (t) => {
    // @ts-expect-error there is no such method
    t.topic('cards')
  })
})
