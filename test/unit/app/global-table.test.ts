import { describe, expect, test } from 'vitest'
import { topology } from '../../../src/dsl/topology.ts'
import type { KafkaPort } from '../../../src/runtime/port.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'

interface Payment {
  readonly merchant: string
}

const enrich = topology('enrich', (builder) => {
  const merchants = builder.globalTable('merchants', { key: string(), value: json<string>(), store: 'merchants-store' })
  builder
    .stream('payments', { key: string(), value: json<Payment>() })
    .leftJoinGlobal(
      merchants,
      (payment) => payment.merchant,
      (payment, name) => `${payment.merchant}=${name}`,
    )
    .to('named', { key: string(), value: json<string>() })
})

function cluster(): MemoryCluster {
  const made = new MemoryCluster()
  for (const [topic, partitions] of Object.entries({ payments: 2, merchants: 3, named: 1 }))
    made.kafka.createTopic(topic, partitions)
  return made
}

const named = (made: MemoryCluster): string[] =>
  made.kafka.records('named').map(({ value }) => JSON.parse(Buffer.from(value!).toString()) as string)

const names = (version: number): string[] => Array.from({ length: 30 }, (_, index) => `m${index}-${version}`)
const payments = [...Array(30).keys()].map((merchant) => ({ merchant: String(merchant) }))
const paid = (made: MemoryCluster): boolean => made.caughtUp('enrich', ['payments'])

describe('a global table', () => {
  test('is filled from all partitions before any record is processed, in every instance', async () => {
    const made = cluster()
    made.write('merchants', names(0))
    made.write('merchants', names(1))
    made.write('payments', payments)
    const apps = [made.app(enrich), made.app(enrich)]
    await Promise.all(apps.map((app) => made.clock.settle(app.start())))
    await made.clock.runUntil(() => paid(made))
    for (const app of apps) expect(app.store('merchants-store', 0)?.entryCount).toBe(30)
    await Promise.all(apps.map((app) => made.clock.settle(app.stop())))
    expect(named(made).toSorted()).toEqual(
      names(1)
        .map((name, index) => `${index}=${name}`)
        .toSorted(),
    )
  })

  test('is kept up to date while the app runs; a deletion deletes', async () => {
    const made = cluster()
    made.write('merchants', names(0))
    const app = made.app(enrich)
    await made.clock.settle(app.start())
    made.write('merchants', names(1))
    made.kafka.append({
      topic: 'merchants',
      partition: 1,
      key: Buffer.from('1'),
      value: null,
      timestamp: 1,
      headers: [],
    })
    await made.clock.advance(500)
    made.write('payments', payments.slice(0, 3))
    await made.clock.runUntil(() => paid(made))
    await made.clock.settle(app.stop())
    expect(named(made).toSorted()).toEqual(['0=m0-1', '1=null', '2=m2-1'])
  })

  test('its topic must exist', async () => {
    const made = new MemoryCluster()
    made.kafka.createTopic('payments', 1)
    made.kafka.createTopic('named', 1)
    const app = made.app(enrich)
    await expect(made.clock.settle(app.start())).rejects.toThrow(/merchants/)
  })

  test('a record that cannot be read stops the app while it starts, or is left out when the handler says so', async () => {
    for (const answer of ['fail', 'continue'] as const) {
      const made = cluster()
      made.write('merchants', names(0))
      made.kafka.append({
        topic: 'merchants',
        partition: 0,
        key: Buffer.from('x'),
        value: Buffer.from('{'),
        timestamp: 1,
        headers: [],
      })
      const app = made.app(enrich, { config: { errors: { decode: answer } } })
      const started = made.clock.settle(app.start())
      if (answer === 'fail') {
        await expect(started).rejects.toThrow(/merchants\/0@\d+ of a global table cannot be read/)
        expect(app.state).toBe('failed')
        continue
      }
      await started
      expect(app.store('merchants-store', 0)?.entryCount).toBe(30)
      await made.clock.settle(app.stop())
    }
  })

  test('when it cannot be kept up to date the app stops with the reason', async () => {
    const made = cluster()
    let isDown = false
    const wrap = (port: KafkaPort): KafkaPort => ({
      ...port,
      restorer: (options) => {
        const reader = port.restorer(options)
        return {
          ...reader,
          read: async (...range) => (isDown ? Promise.reject(new Error('out of reach')) : reader.read(...range)),
        }
      },
    })
    const app = made.app(enrich, { wrap })
    const errors: Error[] = []
    app.on('error', (error) => errors.push(error))
    await made.clock.settle(app.start())
    isDown = true
    made.write('merchants', names(0))
    await made.clock.runUntil(() => app.state === 'failed')
    expect(errors.map(({ message }) => message)).toEqual(['out of reach'])
  })

  test('stopping the app while a table is being filled ends it', async () => {
    const made = cluster()
    made.write(
      'merchants',
      Array.from({ length: 900 }, () => 'm'),
    )
    const app = made.app(enrich)
    const starting = app.start().catch((error: Error) => error.message)
    await made.clock.advance(5)
    await made.clock.settle(app.stop())
    expect(await starting).toMatch(/stopped before it ran/)
    expect(app.state).toBe('stopped')
  })
})
