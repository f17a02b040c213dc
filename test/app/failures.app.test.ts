import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createApp } from '../../src/app/create-app.ts'
import { systemClock } from '../../src/core/system-clock.ts'
import { topology } from '../../src/dsl/topology.ts'
import { json } from '../../src/serde/json.ts'
import { string } from '../../src/serde/string.ts'
import type { Topology } from '../../src/topology/topology.ts'
import { AppFixture, until } from '../support/app-fixture.ts'

let kafka: AppFixture

beforeAll(async () => {
  kafka = await AppFixture.start()
  await kafka.createTopics({ four: 4, six: 6, orders: 1, accepted: 1 })
})
afterAll(() => kafka.stop())

const text = { key: string(), value: string() }
const order = { key: string(), value: json<{ amount: number }>() }

const copy = (name: string, from: string, to: string): Topology =>
  topology(name, (builder) => builder.stream(from, text).to(to, text))

const checked = (name: string): Topology =>
  topology(name, (builder) => {
    builder
      .stream('orders', order)
      .filter((each) => {
        if (each.amount < 0) throw new RangeError('negative amount')
        return true
      })
      .to('accepted', order)
  })

describe('an app that cannot start says why, within its time', () => {
  test('topics that are missing, all of them', async () => {
    const app = kafka.app(copy('missing', 'nowhere', 'nor-here'))
    await expect(app.start()).rejects.toMatchObject({ code: 'MILLRACE_TOPIC_MISSING' })
    expect(app.error?.message).toContain('topic nowhere')
    expect(app.error?.message).toContain('topic nor-here')
    expect(app.state).toBe('failed')
  })

  test('inputs of a join with different partition counts', async () => {
    const join = topology('mismatch', (builder) => {
      const table = builder.table('six', text)
      builder
        .stream('four', text)
        .join(table, (left, right) => `${left} ${right}`)
        .to('accepted', text)
    })
    const app = kafka.app(join)
    await expect(app.start()).rejects.toMatchObject({ code: 'MILLRACE_PARTITIONS_MISMATCH' })
    expect(app.error?.message).toMatch(/four has 4 and six has 6|six has 6 and four has 4/)
  })

  test('a broker that does not answer, with its address', async () => {
    const app = createApp(copy('unreachable', 'four', 'six'), { brokers: '127.0.0.1:1', requestTimeoutMs: 1_500 })
    const startedMs = systemClock.monotonic()
    await expect(app.start()).rejects.toMatchObject({ code: 'MILLRACE_BROKER_UNREACHABLE' })
    expect(app.error?.message).toContain('127.0.0.1:1')
    expect(systemClock.monotonic() - startedMs).toBeLessThan(20_000)
  })
})

describe('records that fail', () => {
  test('fail keeps the offset: the record is met again after a restart', async () => {
    await kafka.write('orders', [
      { key: 'a', value: { amount: 1 } },
      { key: 'a', value: { amount: 2 } },
      { key: 'a', value: 'poison' },
    ])
    for (let attempt = 0; attempt < 2; attempt++) {
      const app = kafka.app(checked('failing'))
      app.on('error', () => {})
      await app.start().catch(() => {})
      await expect(app.closed).rejects.toMatchObject({
        code: 'MILLRACE_DECODE_FAILED',
        topic: 'orders',
        partition: 0,
        offset: 2,
      })
    }
    const [committed] = await kafka.admin.committedOffsets('failing', ['orders'])
    expect(committed?.offset ?? 0).toBeLessThanOrEqual(2)
  })

  test('dead letters hold the record as it was and the cause in their headers; the others go on', async () => {
    await kafka.write('orders', [
      { key: 'b', value: { amount: -5 } },
      { key: 'c', value: { amount: 7 } },
    ])
    const app = kafka.app(checked('dead'), {
      deadLetterTopic: 'dead-letters',
      errors: { decode: 'dead-letter', process: 'dead-letter' },
    })
    await app.start()
    await until('all is committed', () => kafka.caughtUp('dead', ['orders']))
    await app.stop()
    const dead = await kafka.read('dead-letters')
    const decode = (bytes: Uint8Array | null | undefined): string => new TextDecoder().decode(bytes ?? undefined)
    expect(dead.map(({ value }) => decode(value))).toEqual(['poison', '{"amount":-5}'])
    const causes = dead.map(({ headers }) => Object.fromEntries(headers.map(([name, value]) => [name, decode(value)])))
    expect(causes[0]).toMatchObject({
      '__streams.errors.topic': 'orders',
      '__streams.errors.partition': '0',
      '__streams.errors.offset': '2',
      '__streams.errors.exception': 'MILLRACE_DECODE_FAILED',
    })
    expect(causes[1]).toMatchObject({
      '__streams.errors.exception': 'MILLRACE_PROCESSING_FAILED',
      '__streams.errors.offset': '3',
    })
    expect(causes[1]?.['__streams.errors.message']).toContain('negative amount')
    const accepted = await kafka.read('accepted')
    expect(accepted.map(({ value }) => decode(value)).slice(-3)).toEqual([
      '{"amount":1}',
      '{"amount":2}',
      '{"amount":7}',
    ])
  })
})

describe('an offset whose records are gone', () => {
  const counting = topology('counting', (builder) => {
    builder
      .stream('counted', text)
      .groupByKey()
      .count({ store: 'count' })
      .toStream()
      .to('counts', { key: string(), value: json<number>() })
  })
  const copying = copy('copying', 'counted', 'copied')

  test('stops a task with state, and moves one without to what is left', async () => {
    await kafka.createTopics({ counted: 1, counts: 1, copied: 1 })
    await kafka.write('counted', [{ key: 'a', value: 'one' }])
    for (const each of [counting, copying]) {
      const app = kafka.app(each)
      await app.start()
      await until('all is committed', () => kafka.caughtUp(each.name, ['counted']))
      await app.stop()
    }
    await kafka.write('counted', [
      { key: 'a', value: 'two' },
      { key: 'a', value: 'three' },
    ])
    await kafka.admin.deleteRecords([{ topic: 'counted', partition: 0, offset: 2 }])

    const failing = kafka.app(counting)
    failing.on('error', () => {})
    await failing.start().catch(() => {})
    await expect(failing.closed).rejects.toMatchObject({
      code: 'MILLRACE_OFFSET_OUT_OF_RANGE',
      topic: 'counted',
      partition: 0,
      offset: 1,
    })

    const moved = kafka.app(copying)
    await moved.start()
    await until('all is committed', () => kafka.caughtUp('copying', ['counted']))
    await moved.stop()
    expect((await kafka.read('copied')).map(({ value }) => new TextDecoder().decode(value ?? undefined))).toEqual([
      'one',
      'three',
    ])
  })
})
