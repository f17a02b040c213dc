import { describe, expect, test } from 'vitest'
import { topology } from '../../../src/dsl/topology.ts'
import { defaultPartition } from '../../../src/core/murmur2.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'

interface Order {
  readonly customer: string | null
  readonly item: number
}

interface Customer {
  readonly name: string
}

/** Tables of unequal partition counts: nothing but the join's own topics brings their records together. */
const billing = topology('billing', (builder) => {
  const orders = builder.table('orders', { key: string(), value: json<Order>() })
  const customers = builder.table('customers', { key: string(), value: json<Customer>() })
  const joiner = (order: Order, customer: Customer | null): string => `${order.item} for ${customer?.name ?? 'nobody'}`
  orders
    .joinByForeignKey(customers, (order) => order.customer, joiner, { name: 'bill', value: string() })
    .toStream()
    .to('bills', { key: string(), value: string() })
  orders
    .leftJoinByForeignKey(customers, (order) => order.customer, joiner, { name: 'all', store: 'all', value: string() })
    .toStream()
    .to('all-bills', { key: string(), value: string() })
})

const internal = ['bill', 'all'].flatMap((name) => [
  `billing-${name}-subscription-registration-topic`,
  `billing-${name}-subscription-response-topic`,
])

function cluster(seed: number): MemoryCluster {
  const made = new MemoryCluster(seed)
  for (const [topic, partitions] of Object.entries({ orders: 3, customers: 2, bills: 1, 'all-bills': 1 }))
    made.kafka.createTopic(topic, partitions)
  return made
}

function orders(round: number): readonly Order[] {
  return Array.from({ length: 12 }, (_, index) => {
    const customer = (index * 5 + round) % 7
    return { customer: customer > 4 ? null : String(customer), item: index * 10 + round }
  })
}

/** One of them is deleted in each round. */
const customers = (round: number): readonly (Customer | null)[] =>
  Array.from({ length: 5 }, (_, index) => (index === round % 5 ? null : { name: `c${index}-${round}` }))

/** Partitioned as producers do: subscriptions go where the default partitioner would put their foreign key. */
function write({ kafka, clock }: MemoryCluster, topic: string, values: readonly unknown[]): void {
  for (const [index, value] of values.entries()) {
    const key = Buffer.from(String(index))
    const partition = defaultPartition(key, kafka.counts().get(topic)!)
    const bytes = value === null ? null : Buffer.from(JSON.stringify(value))
    kafka.append({ topic, partition, key, value: bytes, timestamp: clock.now(), headers: [] })
  }
}

function latest(made: MemoryCluster, topic: string): Record<string, string> {
  const values = new Map<string, string>()
  for (const { key, value } of made.kafka.records(topic)) {
    const name = Buffer.from(key!).toString()
    if (value === null) values.delete(name)
    else values.set(name, Buffer.from(value).toString())
  }
  return Object.fromEntries(values)
}

/** Null: it has no customer, or none that is there. */
function customerOf(order: Order, all: readonly (Customer | null)[]): Customer | null {
  return order.customer === null ? null : all[Number(order.customer)]!
}

describe('a foreign-key join across partitions', () => {
  test.each([1, 2, 3, 4, 5, 6])(
    'two instances, one leaves, tables change meanwhile: each order has its customer in the end; seed %i',
    async (seed) => {
      const made = cluster(seed)
      const caughtUp = (): boolean => made.caughtUp('billing', ['orders', 'customers', ...internal])
      const config = { commitIntervalMs: 20 }
      const first = made.app(billing, { config })
      const second = made.app(billing, { config })
      await Promise.all([made.clock.settle(first.start()), made.clock.settle(second.start())])
      for (let round = 0; round < 3; round++) {
        write(made, 'orders', orders(round))
        write(made, 'customers', customers(round))
        await made.clock.advance(17)
      }
      await made.clock.settle(first.stop())
      write(made, 'customers', customers(9))
      write(made, 'orders', orders(9))
      await made.clock.runUntil(caughtUp)
      await made.clock.settle(second.stop())
      const named = orders(9).map((order) => ({ item: order.item, name: customerOf(order, customers(9))?.name }))
      const bills = named.map(({ item, name }, index) => [String(index), `${item} for ${name ?? 'nobody'}`] as const)
      expect(latest(made, 'all-bills')).toEqual(Object.fromEntries(bills))
      const matched = bills.filter((_, index) => named[index]!.name !== undefined)
      expect(latest(made, 'bills')).toEqual(Object.fromEntries(matched))
    },
  )

  test('its topics are named as in Kafka Streams and partitioned as the sides they lead to', async () => {
    const made = cluster(1)
    const app = made.app(billing)
    await made.clock.settle(app.start())
    expect(made.kafka.counts().get('billing-bill-subscription-registration-topic')).toBe(2)
    expect(made.kafka.counts().get('billing-bill-subscription-store-changelog')).toBe(2)
    expect(made.kafka.counts().get('billing-bill-subscription-response-topic')).toBe(3)
    await made.clock.settle(app.stop())
  })
})
