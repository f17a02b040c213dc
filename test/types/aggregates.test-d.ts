import {
  combined,
  countAndSum,
  countOf,
  double,
  hopping,
  json,
  meanOf,
  nullable,
  session,
  sliding,
  string,
  sumOf,
  tumbling,
  type Impossible,
  type KGroupedStream,
  type KStream,
  type KTable,
  type OverResult,
  type StreamsBuilder,
  type Windowed,
} from 'millrace'
import { expectTypeOf, test } from 'vitest'
import type { WindowedOnly } from '../../src/dsl/type-sentences.ts'

interface Payment {
  readonly amount: number
  readonly shop: string
}
interface Total {
  readonly sum: number
}

declare const builder: StreamsBuilder
declare const payments: KStream<string, Payment>
declare const cards: KTable<string, Payment>

const oneMinute = tumbling({ size: '1m', grace: 0 })

test('aggregates have the type that their functions make', () => {
  const grouped = payments.groupByKey()
  expectTypeOf(grouped).toEqualTypeOf<KGroupedStream<string, Payment>>()
  expectTypeOf(grouped.count()).toEqualTypeOf<KTable<string, number>>()
  expectTypeOf(grouped.reduce((sum, payment) => (sum.amount > payment.amount ? sum : payment))).toEqualTypeOf<
    KTable<string, Payment>
  >()
  const total = grouped.aggregate(
    (): Total => ({ sum: 0 }),
    ({ sum }, payment) => ({ sum: sum + payment.amount }),
    { value: json<Total>() },
  )
  expectTypeOf(total).toEqualTypeOf<KTable<string, Total>>()
})

test('an aggregate needs a serde that fits', () => {
  // @ts-expect-error there is none
  payments.groupByKey().aggregate(
    () => 0,
    (sum, payment) => sum + payment.amount,
  )
  const sum = (total: number, payment: Payment): number => total + payment.amount
  // @ts-expect-error the aggregate is a number
  payments.groupByKey().aggregate(() => 0, sum, { value: string() })
  payments.groupByKey().aggregate(
    () => 0,
    (sum, payment) => sum + payment.amount,
    { value: double() },
  )
})

test('an aggregator or reducer may return null to delete', () => {
  payments.groupByKey().aggregate(
    () => 0,
    (sum, payment) => (payment.amount < 0 ? null : sum + payment.amount),
    { value: double() },
  )
  payments.groupByKey().reduce(() => null)
})

test('unwindowed aggregates never see null values; windowed ones do, as they are handed to them', () => {
  const nulls = builder.stream('p', { key: string(), value: nullable(json<Payment>()) }).groupByKey()
  nulls.aggregate(
    () => 0,
    (sum, payment) => sum + payment.amount,
    { value: double() },
  )
  const sum = (total: number, payment: Payment): number => total + payment.amount
  // @ts-expect-error the payment may be null
  nulls.windowedBy(oneMinute).aggregate(() => 0, sum, { value: double() })
})

test('groupBy has the type of the new key and asks for its serde', () => {
  expectTypeOf(payments.groupBy((payment) => payment.shop, { key: string() }).count()).toEqualTypeOf<
    KTable<string, number>
  >()
  // @ts-expect-error a new key needs a serde
  payments.groupBy((payment) => payment.shop)
  // @ts-expect-error the new key is a text
  payments.groupBy((payment) => payment.shop, { key: double() })
})

test('windows put the key into a window', () => {
  const grouped = payments.groupByKey()
  type Counts = KTable<Windowed<string>, number>
  expectTypeOf(grouped.windowedBy(oneMinute).count()).toEqualTypeOf<Counts>()
  expectTypeOf(grouped.windowedBy(hopping({ size: '1m', advance: '10s', grace: 0 })).count()).toEqualTypeOf<Counts>()
  expectTypeOf(grouped.windowedBy(sliding({ difference: '1m', grace: 0 })).count()).toEqualTypeOf<Counts>()
  expectTypeOf(grouped.windowedBy(session({ gap: '1m', grace: 0 })).count()).toEqualTypeOf<Counts>()
  const totals = grouped.windowedBy(session({ gap: '1m', grace: 0 })).aggregate(
    () => 0,
    (sum, payment) => sum + payment.amount,
    (left, right) => left + right,
    { value: double() },
  )
  expectTypeOf(totals).toEqualTypeOf<Counts>()
  // @ts-expect-error there is no default grace
  tumbling({ size: '1m' })
})

test('windows and aggregates on a stream that is not grouped are a sentence, not a function', () => {
  type Windows = Impossible<'windows need a grouped stream: call groupByKey() or groupBy() first'>
  type Aggregates = Impossible<'aggregates need a grouped stream: call groupByKey() or groupBy() first'>
  type Ranges = Impossible<'trailing ranges need a grouped stream: call groupByKey() or groupBy() first'>
  expectTypeOf(payments.windowedBy).toEqualTypeOf<Windows>()
  expectTypeOf(payments.count).toEqualTypeOf<Aggregates>()
  expectTypeOf(payments.reduce).toEqualTypeOf<Aggregates>()
  expectTypeOf(payments.aggregate).toEqualTypeOf<Aggregates>()
  expectTypeOf(payments.over).toEqualTypeOf<Ranges>()
  // @ts-expect-error windows need a grouped stream
  payments.windowedBy(oneMinute)
  // @ts-expect-error aggregates need a grouped stream
  payments.count()
  // @ts-expect-error aggregates need a grouped stream
  payments.reduce((sum) => sum)
  // @ts-expect-error aggregates need a grouped stream
  payments.aggregate(Number, Number, { value: double() })
  // @ts-expect-error trailing ranges need a grouped stream
  payments.over({ ranges: { hour: '1h' }, aggregate: countOf() })
})

test('over adds one result for each range by its name', () => {
  const spend = payments.groupByKey().over({
    ranges: { hour: '1h', week: { range: '7d', delay: '1d' } },
    aggregate: countAndSum((payment) => payment.amount),
  })
  type Spend = { readonly count: number; readonly sum: number }
  expectTypeOf(spend).toEqualTypeOf<KStream<string, OverResult<Payment, 'hour' | 'week', Spend>>>()
  spend.mapValues(({ value, over }) => {
    expectTypeOf(value).toEqualTypeOf<Payment>()
    expectTypeOf(over.hour).toEqualTypeOf<Spend>()
    expectTypeOf(over.week.sum).toEqualTypeOf<number>()
    // @ts-expect-error no range has this name
    return over.day
  })
  // @ts-expect-error the payments have no such field
  payments.groupByKey().over({ ranges: { hour: '1h' }, aggregate: sumOf((payment) => payment.size) })
})

test('combined aggregates have a result for each', () => {
  const spend = payments.groupByKey().over({
    ranges: { hour: '1h' },
    aggregate: combined({ count: countOf(), mean: meanOf((payment: Payment) => payment.amount) }),
  })
  type Both = { readonly count: number; readonly mean: number | null }
  expectTypeOf(spend).toEqualTypeOf<KStream<string, OverResult<Payment, 'hour', Both>>>()
})

test('tables: null deletes, functions see values only', () => {
  expectTypeOf(cards.filter((card) => card.amount > 1)).toEqualTypeOf<KTable<string, Payment>>()
  expectTypeOf(cards.filterNot((card) => card.amount > 1)).toEqualTypeOf<KTable<string, Payment>>()
  expectTypeOf(cards.mapValues((card) => (card.amount > 1 ? card.amount : null))).toEqualTypeOf<
    KTable<string, number>
  >()
  const grouped = cards.groupBy((card) => ({ key: card.shop, value: card.amount }), { key: string(), value: double() })
  expectTypeOf(grouped.count()).toEqualTypeOf<KTable<string, number>>()
  expectTypeOf(
    grouped.reduce(
      (sum, x) => sum + x,
      (sum, x) => sum - x,
    ),
  ).toEqualTypeOf<KTable<string, number>>()
  // @ts-expect-error the new value is a number
  cards.groupBy((card) => ({ key: card.shop, value: card.amount }), { key: string(), value: string() })
})

test('the stream of a table has null for a deletion', () => {
  expectTypeOf(cards.toStream()).toEqualTypeOf<KStream<string, Payment | null>>()
  // @ts-expect-error a deletion has no amount
  cards.toStream().mapValues((card) => card.amount)
  const rekeyed = cards.toStream({ selectKey: (card, key) => card?.amount ?? key.length, key: double() })
  expectTypeOf(rekeyed).toEqualTypeOf<KStream<number, Payment | null>>()
})

test('only windows close', () => {
  type Sentence =
    Impossible<'only a windowed table closes: window it with windowedBy() before it is aggregated, or hold back until a time limit'>
  expectTypeOf<WindowedOnly<string, 'options'>>().toEqualTypeOf<{ readonly until: Sentence }>()
  expectTypeOf<WindowedOnly<Windowed<string>, 'options'>>().toEqualTypeOf<'options'>()
  payments.groupByKey().windowedBy(oneMinute).count().suppress({ until: 'window-close' })
  cards.suppress({ until: 'time-limit', duration: '1m', maxRecords: 10, onFull: 'fail' })
  // @ts-expect-error only a windowed table closes
  cards.suppress({ until: 'window-close' })
  // @ts-expect-error a final result is never emitted early
  payments.groupByKey().windowedBy(oneMinute).count().suppress({ until: 'window-close', onFull: 'emit' })
})
