import { describe, expect, test } from 'vitest'
import { TaskMigratedError } from '../../../src/core/errors.ts'
import { topology } from '../../../src/dsl/topology.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import type { KafkaPort } from '../../../src/runtime/port.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { expectedIds, latestIds, makeLines, wordIds, wordIdsTopics as topics } from '../../support/word-ids.ts'

interface Order {
  readonly amount: number
  readonly topic?: string
}

const orderSerdes = { key: string(), value: json<Order>() }

/** Throws on negative amounts. */
const checked = topology('checked', (builder) => {
  builder
    .stream('orders', orderSerdes)
    .mapValues((order) => {
      if (order.amount < 0) throw new RangeError(`negative amount ${order.amount}`)
      return order
    })
    .to('accepted', orderSerdes)
})

const routed = topology('routed', (builder) => {
  builder.stream('orders', orderSerdes).to((order) => order.topic ?? 'accepted', orderSerdes)
})

function cluster(): MemoryCluster {
  const made = new MemoryCluster()
  made.kafka.createTopic('orders', 1)
  made.kafka.createTopic('accepted', 1)
  return made
}

function raw(made: MemoryCluster, text: string): void {
  made.kafka.append({
    topic: 'orders',
    partition: 0,
    key: new TextEncoder().encode('k'),
    value: new TextEncoder().encode(text),
    timestamp: made.clock.now(),
    headers: [['trace', new Uint8Array([7])]],
  })
}

const amounts = (made: MemoryCluster, topic: string): number[] =>
  made.kafka
    .records(topic)
    .map(({ value }) => (JSON.parse(new TextDecoder().decode(value ?? undefined)) as Order).amount)

const committed = (made: MemoryCluster, group: string): number | undefined =>
  made.kafka.group(group).offsets.get('orders-0')

describe('a record that cannot be read', () => {
  test('with fail stops the app; its offset is not committed, and the next start meets it again', async () => {
    const made = cluster()
    for (const text of ['{"amount":1}', '{"amount":2}', 'not json', '{"amount":3}']) raw(made, text)
    for (let attempt = 0; attempt < 2; attempt++) {
      const app = made.app(checked)
      app.on('error', () => {})
      await made.clock.settle(app.start().catch(() => {}))
      await expect(made.clock.settle(app.closed)).rejects.toMatchObject({
        code: 'MILLRACE_DECODE_FAILED',
        topic: 'orders',
        offset: 2,
      })
      expect(committed(made, 'checked') ?? 0).toBeLessThanOrEqual(2)
    }
  })

  test('with continue is left out and counted', async () => {
    const made = cluster()
    for (const text of ['{"amount":1}', 'not json', '{"amount":3}', 'nor this']) raw(made, text)
    const app = made.app(checked, { config: { errors: { decode: 'continue' } } })
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => committed(made, 'checked') === 4)
    await made.clock.settle(app.stop())
    expect(amounts(made, 'accepted')).toEqual([1, 3])
    expect(app.metrics().tasks[0]?.errors).toEqual({ 'decode:continue': 2 })
  })

  test('with dead-letter goes there as it was, with the cause behind its own headers', async () => {
    const made = cluster()
    for (const text of ['not json', '{"amount":1}']) raw(made, text)
    const app = made.app(checked, { config: { errors: { decode: 'dead-letter' }, deadLetterTopic: 'dead' } })
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => committed(made, 'checked') === 2)
    await made.clock.settle(app.stop())
    const [dead] = made.kafka.records('dead')
    expect(new TextDecoder().decode(dead?.value ?? undefined)).toBe('not json')
    expect(dead?.headers[0]).toEqual(['trace', new Uint8Array([7])])
    expect(dead?.headers.map(([name]) => name)).toContain('__streams.errors.offset')
  })
})

describe('a function that throws', () => {
  test('with fail stops the app and commits nothing of the record', async () => {
    const made = cluster()
    for (const text of ['{"amount":1}', '{"amount":-2}']) raw(made, text)
    const app = made.app(checked)
    app.on('error', () => {})
    await made.clock.settle(app.start().catch(() => {}))
    await expect(made.clock.settle(app.closed)).rejects.toMatchObject({ code: 'MILLRACE_PROCESSING_FAILED', offset: 1 })
    expect(committed(made, 'checked') ?? 0).toBeLessThanOrEqual(1)
  })

  test('a handler decides by the error and the record', async () => {
    const made = cluster()
    for (const text of ['{"amount":1}', '{"amount":-2}', '{"amount":3}', '{"amount":-4}']) raw(made, text)
    const seen: number[] = []
    const app = made.app(checked, {
      config: {
        errors: {
          process: (error, record) => {
            expect(error.message).toContain('negative amount')
            seen.push(record.offset)
            return record.offset > 2 ? 'fail' : 'continue'
          },
        },
      },
    })
    await made.clock.settle(app.start().catch(() => {}))
    await expect(made.clock.settle(app.closed)).rejects.toMatchObject({ offset: 3 })
    expect(seen).toEqual([1, 3])
  })
})

describe('topics chosen by the record', () => {
  test('are looked up when they are first met, and keep their order', async () => {
    const made = cluster()
    made.kafka.createTopic('special', 1)
    for (const [amount, topic] of [
      [1, 'special'],
      [2, 'special'],
      [3, 'accepted'],
      [4, 'special'],
    ])
      raw(made, JSON.stringify({ amount, topic }))
    const app = made.app(routed)
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => committed(made, 'routed') === 4)
    await made.clock.settle(app.stop())
    expect(amounts(made, 'special')).toEqual([1, 2, 4])
    expect(amounts(made, 'accepted')).toEqual([3])
  })

  test('that do not exist are for the produce handler', async () => {
    const made = cluster()
    for (const [amount, topic] of [
      [1, 'nowhere'],
      [2, 'accepted'],
    ])
      raw(made, JSON.stringify({ amount, topic }))
    const app = made.app(routed)
    await made.clock.settle(app.start())
    await expect(made.clock.settle(app.closed)).rejects.toThrow(/could not write to nowhere/)
    expect(committed(made, 'routed')).toBeUndefined()
  })
})

/** Counts what is paused, and how many records are handed out for each partition. */
function watched(port: KafkaPort, seen: { paused: Set<string>; pauses: number }): KafkaPort {
  return {
    ...port,
    consumer(options) {
      const consumer = port.consumer(options)
      const pause = consumer.pause.bind(consumer)
      const resume = consumer.resume.bind(consumer)
      consumer.pause = (partitions) => {
        seen.pauses++
        for (const { topic, partition } of partitions) seen.paused.add(`${topic}-${partition}`)
        pause(partitions)
      }
      consumer.resume = (partitions) => {
        for (const { topic, partition } of partitions) seen.paused.delete(`${topic}-${partition}`)
        resume(partitions)
      }
      return consumer
    },
  }
}

test('a partition that runs ahead is paused and resumed, and everything is processed', async () => {
  const made = new MemoryCluster()
  made.kafka.createTopic('lines', 1)
  made.kafka.createTopic('ids', 1)
  const lines = makeLines(400)
  made.write('lines', lines)
  const seen = { paused: new Set<string>(), pauses: 0 }
  const app = made.app(wordIds, {
    config: { bufferedRecordsPerPartitionMax: 8, maxRecordsPerTurn: 3 },
    wrap: (port) => watched(port, seen),
  })
  await made.clock.settle(app.start())
  await made.clock.runUntil(() => made.caughtUp('word-ids', [topics.lines, topics.repartition]))
  expect(seen.pauses).toBeGreaterThan(10)
  expect(seen.paused.size).toBe(0)
  await made.clock.settle(app.stop())
  expect(latestIds(made.kafka.records(topics.ids))).toEqual(expectedIds(lines))
})

test('a rebalance in mid-restore: the restore is given up, and whoever gets the task restores it whole', async () => {
  const made = new MemoryCluster(5)
  made.kafka.createTopic('lines', 4)
  made.kafka.createTopic('ids', 1)
  const lines = makeLines(400)
  made.write('lines', lines.slice(0, 390))
  const config = { commitIntervalMs: 5 }
  const filler = made.app(wordIds, { config })
  await made.clock.settle(filler.start())
  await made.clock.runUntil(() => made.caughtUp('word-ids', [topics.lines, topics.repartition]))
  await made.clock.settle(filler.stop())
  const first = made.app(wordIds, { config })
  const started = first.start()
  await made.clock.advance(3)
  expect(first.state).toBe('starting')
  const second = made.app(wordIds, { config })
  await made.clock.settle(Promise.all([started, second.start()]))
  made.write('lines', lines.slice(390))
  await made.clock.runUntil(() => made.caughtUp('word-ids', [topics.lines, topics.repartition]))
  await made.clock.settle(Promise.all([first.stop(), second.stop()]))
  expect(latestIds(made.kafka.records(topics.changelog))).toEqual(expectedIds(lines))
})

test('a shutdown that runs out of time ends all the same and names what it left', async () => {
  const made = cluster()
  raw(made, '{"amount":1}')
  let hang = false
  const app = made.app(checked, {
    config: { shutdownTimeoutMs: 1_000, commitIntervalMs: '1h' },
    step: () => (hang ? new Promise<never>(() => {}) : Promise.resolve()),
  })
  await made.clock.settle(app.start())
  await made.clock.runUntil(() => app.metrics().recordsIn === 1)
  hang = true
  await expect(made.clock.settle(app.stop())).rejects.toThrow(
    /did not stop within 1000 ms; records of orders-0 are not committed/,
  )
  expect(app.state).toBe('failed')
  await expect(app.closed).rejects.toThrow('did not stop')
})

test('a failure comes out in time although nothing can be closed any more', async () => {
  const made = cluster()
  for (const text of ['{"amount":1}', 'not json']) raw(made, text)
  const app = made.app(checked, {
    config: { shutdownTimeoutMs: 1_000 },
    step: (what) => (what === 'close' ? new Promise<never>(() => {}) : Promise.resolve()),
  })
  app.on('error', () => {})
  await made.clock.settle(app.start().catch(() => {}))
  await expect(made.clock.settle(app.closed, 5_000)).rejects.toMatchObject({ code: 'MILLRACE_DECODE_FAILED' })
})

test('tasks that went to somebody else while the app stops are no failure of it', async () => {
  const made = cluster()
  raw(made, '{"amount":1}')
  const app = made.app(checked, { config: { commitIntervalMs: '1h' } })
  await made.clock.settle(app.start())
  await made.clock.runUntil(() => app.metrics().recordsIn === 1)
  made.kafka.refuseCommit = () => new TaskMigratedError('a rebalance is under way')
  await made.clock.settle(app.stop())
  expect(app.state).toBe('stopped')
})
