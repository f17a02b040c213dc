import { double, json, string, type Impossible, type KStream, type KTable } from 'millrace'
import { expectTypeOf, test } from 'vitest'
import type { SameKey } from '../../src/dsl/type-sentences.ts'

interface Payment {
  readonly amount: number
}
interface Card {
  readonly limit: number
}

declare const payments: KStream<string, Payment>
declare const refunds: KStream<string, Payment | null>
declare const byNumber: KStream<number, Payment>
declare const cards: KTable<string, Card>
declare const limits: KTable<string, number>
declare const cardsByNumber: KTable<number, Card>

const windows = { within: '1m', grace: 0 } as const

test('a stream joins a table: the right side may be missing in a left join only', () => {
  const inner = payments.join(cards, (payment, card, key) => {
    expectTypeOf(payment).toEqualTypeOf<Payment>()
    expectTypeOf(card).toEqualTypeOf<Card>()
    expectTypeOf(key).toEqualTypeOf<string>()
    return payment.amount > card.limit
  })
  expectTypeOf(inner).toEqualTypeOf<KStream<string, boolean>>()
  const left = payments.leftJoin(cards, (payment, card) => {
    expectTypeOf(payment).toEqualTypeOf<Payment>()
    expectTypeOf(card).toEqualTypeOf<Card | null>()
    return payment.amount > (card?.limit ?? 0)
  })
  expectTypeOf(left).toEqualTypeOf<KStream<string, boolean>>()
  // @ts-expect-error the card may be missing
  payments.leftJoin(cards, (payment, card) => payment.amount > card.limit)
})

test('a stream joins a stream: what may be null depends on the join alone', () => {
  payments.join(
    refunds,
    (payment, refund) => {
      expectTypeOf(payment).toEqualTypeOf<Payment>()
      expectTypeOf(refund).toEqualTypeOf<Payment>()
    },
    windows,
  )
  payments.leftJoin(
    refunds,
    (payment, refund) => {
      expectTypeOf(payment).toEqualTypeOf<Payment>()
      expectTypeOf(refund).toEqualTypeOf<Payment | null>()
    },
    windows,
  )
  const outer = payments.outerJoin(
    refunds,
    (payment, refund) => {
      expectTypeOf(payment).toEqualTypeOf<Payment | null>()
      expectTypeOf(refund).toEqualTypeOf<Payment | null>()
      return (payment?.amount ?? 0) - (refund?.amount ?? 0)
    },
    windows,
  )
  expectTypeOf(outer).toEqualTypeOf<KStream<string, number>>()
})

test('a join of streams says its window and its grace', () => {
  // @ts-expect-error no window at all
  payments.join(refunds, (payment) => payment)
  // @ts-expect-error there is no default grace
  payments.join(refunds, (payment) => payment, { within: '1m' })
  payments.join(refunds, (payment) => payment, { within: { before: '1m', after: 0 }, grace: 0 })
})

test('serdes of a join fit their sides', () => {
  payments.join(refunds, (payment) => payment, {
    ...windows,
    key: string(),
    leftValue: json<Payment>(),
    rightValue: json<Payment>(),
  })
  // @ts-expect-error the left values are payments
  payments.join(refunds, (payment) => payment, { ...windows, leftValue: string() })
  // @ts-expect-error the left values are payments
  payments.join(cards, (payment) => payment, { leftValue: string() })
})

test('tables join tables: null stands for a missing side', () => {
  const inner = cards.join(
    limits,
    (card, limit) => {
      expectTypeOf(card).toEqualTypeOf<Card>()
      expectTypeOf(limit).toEqualTypeOf<number>()
      return card.limit + limit
    },
    { value: double(), store: 'sums' },
  )
  expectTypeOf(inner).toEqualTypeOf<KTable<string, number>>()
  cards.leftJoin(limits, (card, limit) => {
    expectTypeOf(card).toEqualTypeOf<Card>()
    expectTypeOf(limit).toEqualTypeOf<number | null>()
    return limit
  })
  cards.outerJoin(limits, (card, limit) => {
    expectTypeOf(card).toEqualTypeOf<Card | null>()
    expectTypeOf(limit).toEqualTypeOf<number | null>()
    return limit
  })
})

test('a joiner of tables that returns null deletes: the result holds no null', () => {
  const table = cards.outerJoin(limits, (card, limit) => (card === null ? null : (limit ?? 0)))
  expectTypeOf(table).toEqualTypeOf<KTable<string, number>>()
})

test('different key types do not join or merge', () => {
  // @ts-expect-error join needs the same key type on both sides
  payments.join(cardsByNumber, (payment) => payment)
  // @ts-expect-error join needs the same key type on both sides
  payments.join(byNumber, (payment) => payment, windows)
  // @ts-expect-error leftJoin needs the same key type on both sides
  payments.leftJoin(cardsByNumber, (payment) => payment)
  // @ts-expect-error outerJoin needs the same key type on both sides
  payments.outerJoin(byNumber, (payment) => payment, windows)
  // @ts-expect-error merge needs the same key type on both sides
  payments.merge(byNumber)
  // @ts-expect-error join needs the same key type on both sides
  cards.join(cardsByNumber, (card) => card)
  // @ts-expect-error outerJoin needs the same key type on both sides
  cards.outerJoin(cardsByNumber, (card) => card)
})

test('the error is a sentence', () => {
  type Sentence =
    Impossible<'join needs the same key type on both sides; re-key one of them with selectKey() or groupBy() first'>
  expectTypeOf<SameKey<string, number, 'join'>>().toEqualTypeOf<Sentence>()
  expectTypeOf<SameKey<string, string | null, 'join'>>().toEqualTypeOf<unknown>()
  expectTypeOf<SameKey<'a' | 'b', 'b' | 'a', 'join'>>().toEqualTypeOf<unknown>()
})

test('a key that may be null joins one that may not', () => {
  const nulls = payments.selectKey((payment) => (payment.amount > 0 ? 'a' : null) as string | null)
  expectTypeOf(nulls.join(cards, (payment) => payment)).toEqualTypeOf<KStream<string | null, Payment>>()
})
