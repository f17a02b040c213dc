import { countAndSum, json, string, topology, type Topology } from 'millrace'

export type Customer = { name: string; hourlyLimit: number }
export type Order = { id: string; amount: number; time: number }
export type Alert = { order: string; text: string }

const bigSpenders: Topology = topology('big-spenders', (t) => {
  const customers = t.table('customers', { key: string(), value: json<Customer>() })
  const orders = t.stream('orders', { key: string(), value: json<Order>(), timestamp: (order) => order.time })

  orders
    .groupByKey()
    .over({ name: 'spend', ranges: { hour: '1h' }, aggregate: countAndSum((order) => order.amount), grace: '5m' })
    .join(customers, ({ value, over }, customer) => ({ order: value.id, spent: over.hour.sum, customer }))
    .filter(({ spent, customer }) => spent > customer.hourlyLimit)
    .mapValues(({ order, spent, customer }): Alert => ({ order, text: `${customer.name} spent ${spent} in an hour` }))
    .to('alerts', { key: string(), value: json<Alert>() })
})
export default bigSpenders
