import { expectTypeOf, test } from 'vitest'
import { int32, json, session, string, topology, tumbling, type KStream, type KTable } from 'millrace'

interface Order {
  readonly customer: string | null
  readonly amount: number
}
interface Customer {
  readonly name: string
}

const customerOf = (order: Order): string | null => order.customer
const amountOf = (order: Order): number => order.amount
const nameOf = (_: Order, customer: Customer): string => customer.name

topology('joins', (builder) => {
  const orders = builder.table('orders', { key: int32(), value: json<Order>(), versioned: { historyRetention: '1d' } })
  const customers = builder.table('customers', { key: string(), value: json<Customer>() })
  const merchants = builder.globalTable('merchants', { key: string(), value: json<Customer>() })
  const payments = builder.stream('payments', { key: int32(), value: json<Order>() })

  test('a foreign-key join keeps the left key and takes the type of its result from the joiner', () => {
    const joined = orders.joinByForeignKey(
      customers,
      (order) => order.customer,
      (order, { name }) => `${name} ${order.amount}`,
    )
    expectTypeOf(joined).toEqualTypeOf<KTable<number, string>>()
    const left = orders.leftJoinByForeignKey(
      customers,
      (order) => order.customer,
      (_, customer) => customer?.name ?? null,
    )
    expectTypeOf(left).toEqualTypeOf<KTable<number, string>>()
  })

  test('the right side of a left join may be missing', () => {
    // @ts-expect-error the joiner's right side may be null
    orders.leftJoinByForeignKey(customers, customerOf, nameOf)
    // @ts-expect-error as above
    payments.leftJoinGlobal(merchants, customerOf, nameOf)
    orders.joinByForeignKey(customers, customerOf, nameOf)
    payments.joinGlobal(merchants, customerOf, nameOf)
  })

  test('the foreign key must be a key of the other table', () => {
    // @ts-expect-error a number is no key of a table that is keyed by text
    orders.joinByForeignKey(customers, amountOf, nameOf)
    // @ts-expect-error as above
    payments.joinGlobal(merchants, amountOf, nameOf)
  })

  test('a global join keeps the key of the stream', () => {
    const joined = payments.joinGlobal(
      merchants,
      (payment) => payment.customer,
      (_, merchant) => merchant.name,
    )
    expectTypeOf(joined).toEqualTypeOf<KStream<number, string>>()
  })

  test('a global table is no table: it has no updates to follow', () => {
    // @ts-expect-error there is no such method
    merchants.toStream()
    // @ts-expect-error a global table needs a key to look for: joinGlobal
    payments.join(merchants, (payment) => payment)
  })

  test('a windowed table has no versions', () => {
    const grouped = payments.groupByKey()
    expectTypeOf(grouped.count({ versioned: { historyRetention: '1h' } })).toEqualTypeOf<KTable<number, number>>()
    // @ts-expect-error 'versioned' does not exist there
    grouped.windowedBy(tumbling({ size: 5, grace: 0 })).count({ versioned: { historyRetention: '1h' } })
    // @ts-expect-error nor there
    grouped.windowedBy(session({ gap: 5, grace: 0 })).count({ versioned: { historyRetention: '1h' } })
  })
})
