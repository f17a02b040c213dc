import {
  bytes,
  double,
  int32,
  json,
  nullable,
  string,
  type KStream,
  type KTable,
  type RecordOf,
  type StreamRecord,
  type StreamsBuilder,
} from 'millrace'
import { expectTypeOf, test } from 'vitest'

interface Payment {
  readonly amount: number
  readonly shop: string
}

declare const builder: StreamsBuilder
declare const payments: KStream<string, Payment>

test('a source has the types of its serdes', () => {
  const read = builder.stream('payments', { key: string(), value: json<Payment>() })
  expectTypeOf(read).toEqualTypeOf<KStream<string, Payment>>()
  expectTypeOf(builder.stream(['a', 'b'], { key: int32(), value: bytes() })).toEqualTypeOf<
    KStream<number, Uint8Array>
  >()
  expectTypeOf(builder.table('t', { key: string(), value: json<Payment>() })).toEqualTypeOf<KTable<string, Payment>>()
})

test('a timestamp extractor sees the value, and for tables that it may be a deletion', () => {
  const serdes = { key: string(), value: json<Payment>() }
  builder.stream('payments', { ...serdes, timestamp: (payment) => payment.amount })
  builder.table('payments', { ...serdes, timestamp: (payment, { timestamp }) => payment?.amount ?? timestamp })
  // @ts-expect-error a deletion has no amount
  builder.table('payments', { ...serdes, timestamp: (payment) => payment.amount })
  // @ts-expect-error there is no such field
  builder.stream('payments', { ...serdes, timestamp: (payment) => payment.time })
})

test('nullable serdes make nulls visible to functions, and only streams keep them', () => {
  const serdes = { key: nullable(string()), value: nullable(json<Payment>()) }
  const read = builder.stream('payments', serdes)
  expectTypeOf(read).toEqualTypeOf<KStream<string | null, Payment | null>>()
  // @ts-expect-error it may be null
  read.mapValues((payment) => payment.amount)
  expectTypeOf(builder.table('payments', serdes)).toEqualTypeOf<KTable<string, Payment>>()
  expectTypeOf(read.toTable()).toEqualTypeOf<KTable<string, Payment>>()
  expectTypeOf(read.groupByKey().count()).toEqualTypeOf<KTable<string, number>>()
})

test('stateless operators carry or replace the types', () => {
  expectTypeOf(payments.filter((payment, key) => payment.amount > key.length)).toEqualTypeOf<KStream<string, Payment>>()
  expectTypeOf(payments.filterNot((payment) => payment.amount > 1)).toEqualTypeOf<KStream<string, Payment>>()
  expectTypeOf(payments.mapValues((payment) => payment.amount)).toEqualTypeOf<KStream<string, number>>()
  expectTypeOf(payments.map((payment, key) => ({ key: payment.amount, value: key }))).toEqualTypeOf<
    KStream<number, string>
  >()
  expectTypeOf(payments.flatMap((payment, key) => [{ key: payment.amount, value: key }])).toEqualTypeOf<
    KStream<number, string>
  >()
  expectTypeOf(payments.flatMapValues((payment) => [...payment.shop])).toEqualTypeOf<KStream<string, string>>()
  expectTypeOf(payments.selectKey((payment) => payment.amount)).toEqualTypeOf<KStream<number, Payment>>()
  expectTypeOf(payments.peek(() => {})).toEqualTypeOf<KStream<string, Payment>>()
  expectTypeOf(payments.foreach(() => {})).toEqualTypeOf<void>()
  expectTypeOf(payments.repartition()).toEqualTypeOf<KStream<string, Payment>>()
  expectTypeOf<RecordOf<typeof payments>>().toEqualTypeOf<StreamRecord<string, Payment>>()
})

test('a type guard narrows the stream', () => {
  interface Refund extends Payment {
    readonly refund: true
  }
  const isRefund = (payment: Payment): payment is Refund => 'refund' in payment
  expectTypeOf(payments.filter(isRefund)).toEqualTypeOf<KStream<string, Refund>>()
})

test('serdes in options must fit what they are for', () => {
  payments.mapValues((payment) => payment.amount, { value: double() })
  // @ts-expect-error the values are numbers
  payments.mapValues((payment) => payment.amount, { value: string() })
  payments.map((payment) => ({ key: payment.shop, value: payment.amount }), { key: string(), value: double() })
  // @ts-expect-error the keys are texts
  payments.map((payment) => ({ key: payment.shop, value: payment.amount }), { key: double() })
  // @ts-expect-error the keys are texts
  payments.selectKey((payment) => payment.shop, { key: int32() })
  // @ts-expect-error the values are payments
  payments.repartition({ value: string() })
})

test('map must return a key and a value', () => {
  // @ts-expect-error there is no key
  payments.map((payment) => ({ value: payment.amount }))
  // @ts-expect-error this is a value alone, for mapValues
  payments.map((payment) => payment.amount)
  // @ts-expect-error flatMap returns key and value pairs
  payments.flatMap((payment) => [payment.amount])
  // @ts-expect-error a number is not several values
  payments.flatMapValues((payment) => payment.amount)
})

test('split has a stream for each name, and no other', () => {
  const { large, rest } = payments.split([{ name: 'large', when: (payment) => payment.amount > 100 }, { name: 'rest' }])
  expectTypeOf(large).toEqualTypeOf<KStream<string, Payment>>()
  expectTypeOf(rest).toEqualTypeOf<KStream<string, Payment>>()
  // @ts-expect-error no branch has this name
  void payments.split([{ name: 'large' }]).small
  // @ts-expect-error there is no such field
  payments.split([{ name: 'large', when: (payment) => payment.size > 100 }])
})

test('merge joins value types and needs one key type', () => {
  const names = builder.stream('names', { key: string(), value: string() })
  expectTypeOf(payments.merge(names)).toEqualTypeOf<KStream<string, Payment | string>>()
})

test('a sink takes serdes that fit, for the values that are not null', () => {
  payments.to('out', { key: string(), value: json<Payment>() })
  payments.to('out', { key: string(), value: json() })
  payments.to((payment, key) => `${payment.shop}-${key}`, { key: string(), value: json<Payment>() })
  builder
    .stream('p', { key: nullable(string()), value: nullable(json<Payment>()) })
    .to('out', { key: string(), value: json<Payment>() })
  // @ts-expect-error the values are payments
  payments.to('out', { key: string(), value: string() })
  // @ts-expect-error the keys are texts
  payments.to('out', { key: double(), value: json<Payment>() })
  // @ts-expect-error the payments have no such field
  payments.to('out', { key: string(), value: json<{ readonly card: string }>() })
  // @ts-expect-error a sink has no default serde
  payments.to('out')
  // @ts-expect-error a topic is a text
  payments.to((payment) => payment.amount, { key: string(), value: json<Payment>() })
})

test('a partitioner returns a number from value, key and count', () => {
  const serdes = { key: string(), value: json<Payment>() }
  payments.to('out', { ...serdes, partitioner: (payment, key, count) => (payment.amount + key.length) % count })
  // @ts-expect-error a partition is a number
  payments.to('out', { ...serdes, partitioner: () => '0' })
})

test('durations are milliseconds or a number with a unit', () => {
  const tables = builder.table('t', { key: string(), value: string() })
  tables.suppress({ until: 'time-limit', duration: 5 })
  tables.suppress({ until: 'time-limit', duration: '5m' })
  // @ts-expect-error weeks are no unit
  tables.suppress({ until: 'time-limit', duration: '5w' })
})

test('an id that repeats have in common is something that JSON can write, or has a serde', () => {
  const typed: KStream<string, Payment> = payments.dedupe({ id: (payment, key) => [payment.shop, key], within: '1h' })
  typed.dedupe({ id: (payment) => (payment.amount > 1 ? payment.amount : null), within: 5, name: 'once', late: 'drop' })
  payments.dedupe({ id: (payment) => Buffer.from(payment.shop), within: 5, idSerde: bytes() })
  // @ts-expect-error bytes need a serde
  payments.dedupe({ id: (payment) => Buffer.from(payment.shop), within: 5 })
  // @ts-expect-error the serde is for bytes
  payments.dedupe({ id: (payment) => payment.shop, within: 5, idSerde: bytes() })
  // @ts-expect-error there is no such field
  payments.dedupe({ id: (payment) => payment.card, within: 5 })
  // @ts-expect-error it does not say how long an id is remembered
  payments.dedupe({ id: (payment) => payment.shop })
})
