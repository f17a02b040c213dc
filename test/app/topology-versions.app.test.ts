import { afterAll, beforeAll, expect, test } from 'vitest'
import { topology } from '../../src/dsl/topology.ts'
import { json } from '../../src/serde/json.ts'
import { string } from '../../src/serde/string.ts'
import type { KeyValueStore } from '../../src/state/key-value-store.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { AppFixture, until } from '../support/app-fixture.ts'

let kafka: AppFixture

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ orders: 2 })
  const compacted = { partitionCount: 2, replicationFactor: 1, configs: { 'cleanup.policy': 'compact' } }
  const bounded = { partitionCount: 2, replicationFactor: 1, configs: { 'retention.ms': '604800000' } }
  await kafka.admin.createTopics([
    { topic: 'customers', ...compacted },
    { topic: 'visits', ...bounded },
  ])
})
afterAll(() => kafka.stop())

const amounts = { key: string(), value: json<number>() }

const sums = topology('totals', (builder) =>
  builder
    .stream('orders', amounts)
    .groupByKey()
    .reduce((all, one) => all + one, { store: 'totals' }),
)
const lists = topology('totals', (builder) =>
  builder
    .stream('orders', amounts)
    .groupByKey()
    .aggregate<string>(
      () => '',
      (all, one) => `${all} ${one}`,
      { store: 'totals', value: string() },
    ),
)

test('the second version of an app refuses the state of the first, and says what changed; the first goes on', async () => {
  await kafka.write('orders', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ])
  const first = kafka.app(sums)
  await first.start()
  await until('all is committed', () => kafka.caughtUp('totals', ['orders']))
  await first.stop()
  const second = kafka.app(lists)
  await expect(second.start()).rejects.toMatchObject({ code: 'MILLRACE_TOPOLOGY_INCOMPATIBLE' })
  expect(second.error?.message).toMatch(
    /store totals: the serde of its value was json and is string; .*applicationId.*delete totals-totals-changelog.*acceptTopology/,
  )
  const again = kafka.app(sums)
  await again.start()
  await again.stop()
  expect(await kafka.read('totals-topology')).toHaveLength(1)
})

const named = (topic: string): Topology =>
  topology(
    `named-${topic}`,
    (builder) => {
      builder.table(topic, { ...amounts, store: 'rows' })
    },
    { optimization: 'all' },
  )

test('a table without a changelog is back after a restart, up to what was committed', async () => {
  await kafka.write('customers', [
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
    { key: 'a', value: 3 },
  ])
  const first = kafka.app(named('customers'))
  await first.start()
  await until('all is committed', () => kafka.caughtUp('named-customers', ['customers']))
  await first.stop()
  await kafka.write('customers', [{ key: 'b', value: 4 }])
  const second = kafka.app(named('customers'))
  await second.start()
  expect(second.metrics().restoredRecords).toBe(3)
  await until('the rest is read', () => kafka.caughtUp('named-customers', ['customers']))
  const rows = [0, 1].flatMap((partition) => [
    ...(second.store('rows', partition) as KeyValueStore<string, number>).all(),
  ])
  expect(Object.fromEntries(rows.map(([key, { value }]) => [key, value]))).toEqual({ a: 3, b: 4 })
  expect(second.metrics().recordsIn).toBe(1)
  await second.stop()
})

test('a topic with retention cannot stand in for a changelog', async () => {
  const app = kafka.app(named('visits'))
  await expect(app.start()).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_NOT_KEPT' })
  expect(app.error?.message).toContain('cleanup.policy=delete')
})
