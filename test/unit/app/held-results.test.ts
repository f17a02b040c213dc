/* A result of an asynchronous call on which a later step is tried again: nothing of its record is in a queue, nor in flight any more. */
import { expect, test } from 'vitest'
import { json, string, topology, tumbling, type KStream, type OnError, type Topology } from 'millrace'
import { HeldCalls } from '../../support/held-calls.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'

const serdes = { key: string(), value: json<number>() }
const config = { commitIntervalMs: 20, lingerMs: 2 }
const oneHourMs = 3_600_000

interface Trouble {
  readonly calls: HeldCalls<number, number>
  /** The step behind the calls fails on these. */
  readonly bad: Set<number>
  readonly topology: Topology
}

/** Calls, a step that is tried again after `backoff`, and what `rest` declares. */
function trouble(backoff: number, rest: (stream: KStream<string, number>) => KStream<string, number>): Trouble {
  const calls = new HeldCalls<number, number>()
  const bad = new Set<number>()
  const onError: OnError = { retry: { attempts: 9, backoff }, then: 'fail' }
  const check = (value: number): number => {
    if (bad.has(value)) throw new RangeError(`not ${value} yet`)
    return value
  }
  const declared = topology('asking', (builder) => {
    const asked = builder
      .stream('in', serdes)
      .mapValuesAsync((value, _key, context) => calls.call(value, context), { order: 'none' })
    rest(asked.mapValues(check, { onError })).to('out', serdes)
  })
  return { calls, bad, topology: declared }
}

function cluster(): MemoryCluster {
  const made = new MemoryCluster(7)
  for (const topic of ['in', 'out']) made.kafka.createTopic(topic, 1)
  return made
}

const written = (made: MemoryCluster): readonly string[] =>
  made.kafka.records('out').map(({ value }) => new TextDecoder().decode(value!))
const committed = (made: MemoryCluster): number => made.kafka.group('asking').offsets.get('in-0') ?? 0
const retries = (app: { metrics(): { tasks: readonly { errors: Readonly<Record<string, number>> }[] } }): number =>
  app.metrics().tasks[0]?.errors['process:retry'] ?? 0

test('is not committed, and results behind it go out right after it', async () => {
  const made = cluster()
  const { calls, bad, topology: asking } = trouble(50, (stream) => stream)
  const app = made.app(asking, { config: { ...config, commitIntervalMs: 1_000 } })
  await made.clock.settle(app.start())
  made.write('in', [1, 2])
  await made.clock.runUntil(() => calls.waiting.length === 2)
  bad.add(1)
  calls.answer(1, 1)
  await made.clock.runUntil(() => retries(app) === 1)
  calls.answer(2, 2)
  const { commits } = app.metrics().tasks[0]!
  await made.clock.advance(3_000)
  expect(app.metrics().tasks[0]!.commits).toBe(commits)
  expect([written(made), committed(made)]).toEqual([[], 0])
  bad.clear()
  await made.clock.runUntil(() => written(made).length > 0)
  const firstMs = made.clock.monotonic()
  await made.clock.runUntil(() => written(made).length === 2)
  expect(written(made)).toEqual(['1', '2'])
  expect(made.clock.monotonic() - firstMs).toBeLessThan(10)
  await made.clock.runUntil(() => committed(made) === 2)
  await made.clock.settle(app.stop())
})

test('does not keep the app from stopping: what waits behind it is met again, as it is', async () => {
  const made = cluster()
  const first = trouble(oneHourMs, (stream) => stream)
  const app = made.app(first.topology, { config })
  await made.clock.settle(app.start())
  made.write('in', [1, 2])
  await made.clock.runUntil(() => first.calls.waiting.length === 2)
  first.bad.add(1)
  first.calls.answer(1, 1)
  await made.clock.runUntil(() => retries(app) === 1)
  const startedMs = made.clock.monotonic()
  await made.clock.settle(app.stop())
  expect(made.clock.monotonic() - startedMs).toBeLessThan(1_000)
  expect([written(made), committed(made)]).toEqual([[], 0])

  const next = trouble(50, (stream) => stream)
  const again = made.app(next.topology, { config })
  await made.clock.settle(again.start())
  await made.clock.runUntil(() => next.calls.waiting.length === 2)
  for (const value of [1, 2]) next.calls.answer(value, value)
  await made.clock.runUntil(() => committed(made) === 2)
  expect(written(made)).toEqual(['1', '2'])
  await made.clock.settle(again.stop())
})

test('is not late for the task that it goes to, however long it is held', async () => {
  const made = cluster()
  const {
    calls,
    bad,
    topology: asking,
  } = trouble(120_000, (stream) =>
    stream
      .selectKey(() => 'all', { key: string() })
      .groupByKey({ ...serdes, name: 'all' })
      .windowedBy(tumbling({ size: '1m', grace: 0 }))
      .count()
      .toStream({ selectKey: (_, { key }) => key, key: string() })
      .mapValues((count) => count ?? 0),
  )
  const app = made.app(asking, { config: { ...config, idleAfterMs: 500 } })
  await made.clock.settle(app.start())
  made.write('in', [1])
  await made.clock.runUntil(() => calls.waiting.length === 1)
  calls.answer(1, 1)
  await made.clock.runUntil(() => written(made).length === 1)
  bad.add(2)
  made.write('in', [2])
  await made.clock.runUntil(() => calls.waiting.length === 1)
  calls.answer(2, 2)
  await made.clock.runUntil(() => retries(app) === 1)
  bad.clear()
  await made.clock.advance(121_000)
  expect(written(made)).toEqual(['1', '2'])
  await made.clock.settle(app.stop())
})
