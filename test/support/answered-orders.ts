import { topology } from '../../src/dsl/topology.ts'
import { json } from '../../src/serde/json.ts'
import { string } from '../../src/serde/string.ts'
import type { Topology } from '../../src/topology/topology.ts'

export interface Order {
  readonly id: number
}

/** A call for each order, in the order of its key, then batches of answers. */
export function answeredOrders(ask: (order: Order) => Promise<Order>): Topology {
  const serdes = { key: string(), value: json<Order>() }
  return topology('answered-orders', (builder) => {
    builder
      .stream('orders', serdes)
      .mapValuesAsync(ask, { concurrency: 16, timeout: '5s', retries: { attempts: 10, backoff: 10 } })
      .mapBatch((records) => records.map(({ value }) => value), { maxRecords: 20, maxWait: 30 })
      .to('answers', serdes)
  })
}
