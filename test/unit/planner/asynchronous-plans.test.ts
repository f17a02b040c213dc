import { expect, test } from 'vitest'
import { describePlan, json, planTopology, string, topology, type Plan } from 'millrace'

const serdes = { key: string(), value: json<number>() }

test('asynchronous steps show how they make their calls', () => {
  const plan = planTopology(
    topology('shop', (builder) => {
      const payments = builder.stream('payments', serdes)
      payments.mapValuesAsync((value) => value, {
        name: 'ask',
        concurrency: 4,
        timeout: '2s',
        retries: { attempts: 3 },
      })
      payments.mapBatch((records) => records.map(() => 1), { name: 'score', maxRecords: 50 })
    }),
    { applicationId: 'app' },
  )
  expect(describePlan(plan)).toContain('Processor: ask (stores: [])')
  const { subtopologies } = JSON.parse(describePlan(plan, 'json')) as Plan
  expect(subtopologies[0]!.nodes.slice(1)).toMatchObject([
    { name: 'ask', kind: 'map-async', order: 'key', concurrency: 4, timeoutMs: 2_000, attempts: 3 },
    { name: 'score', kind: 'map-batch', maxRecords: 50, concurrency: 1, timeoutMs: null, attempts: 1 },
  ])
})
