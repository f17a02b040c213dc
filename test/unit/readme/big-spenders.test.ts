import { json, string } from 'millrace'
import { createTestDriver } from 'millrace/testing'
import { expect, test } from 'vitest'
import bigSpenders, { type Alert, type Customer, type Order } from './big-spenders.ts'

test('an order that takes the last hour above the limit raises an alert', async () => {
  const driver = await createTestDriver(bigSpenders)
  const customers = await driver.inputTopic('customers', { key: string(), value: json<Customer>() })
  const orders = await driver.inputTopic('orders', { key: string(), value: json<Order>() })
  const alerts = await driver.outputTopic('alerts', { key: string(), value: json<Alert>() })
  const order = (id: string, minute: number) => ({ id, amount: 60, time: minute * 60_000 })

  customers.pipe({ key: 'c1', value: { name: 'Ada', hourlyLimit: 100 }, timestamp: 0 })
  for (const value of [order('o1', 0), order('o2', 59), order('o3', 120)])
    orders.pipe({ key: 'c1', value, timestamp: 0 })

  expect(alerts.read()).toMatchObject([{ key: 'c1', value: { order: 'o2', text: 'Ada spent 120 in an hour' } }])
})
