import { afterAll, beforeAll, expect, test } from 'vitest'
import { json, string, topology, tumbling } from 'millrace'
import { AppFixture, until } from '../support/app-fixture.ts'

const serdes = { key: string(), value: json<number>() }

const finals = topology('idle-finals', (builder) => {
  builder
    .stream('ticks', serdes)
    .groupByKey()
    .windowedBy(tumbling({ size: '3s', grace: 0 }))
    .count({ name: 'counts' })
    .suppress({ until: 'window-close' })
    .toStream({ selectKey: (_, { key, window }) => `${key} ${window.start}`, key: string() })
    .to('finals', serdes)
})

let kafka: AppFixture

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ ticks: 2, finals: 1 })
})
afterAll(() => kafka.stop())

test('suppressed windows come out with no further input, also after a restart, each once', async () => {
  await kafka.write(
    'ticks',
    Array.from({ length: 20 }, (_, index) => ({
      key: `k${index}`,
      value: index,
      timestamp: 1_500_000_000_000 + index,
    })),
  )
  const first = kafka.app(finals)
  await first.start()
  await until('all is committed', () => kafka.caughtUp('idle-finals', ['ticks']))
  await first.stop()
  expect(await kafka.read('finals')).toEqual([])
  const second = kafka.app(finals, { idleAfterMs: '500ms' })
  await second.start()
  await until('every window is out', async () => (await kafka.read('finals')).length >= 20)
  await second.stop()
  expect(second.metrics().recordsIn).toBe(0)
  expect(await kafka.read('finals')).toHaveLength(20)
})
