import { describe, expect, test } from 'vitest'
import { json, string, topology, type AttemptContext, type KStream, type Topology } from 'millrace'
import { sleep } from '../../../src/core/clock.ts'
import { seededRandom } from '../../../src/core/random.ts'
import { expectNothingCommittedTooEarly } from '../../support/committed-too-early.ts'
import { HeldCalls } from '../../support/held-calls.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { crashAt } from '../../support/memory-port.ts'
import { expectedIds, latestIds, makeLines, wordIdsThrough, wordIdsTopics as topics } from '../../support/word-ids.ts'

const serdes = { key: string(), value: json<number>() }
const config = { commitIntervalMs: 20, lingerMs: 2 }

function cluster(partitions = 1): MemoryCluster {
  const made = new MemoryCluster(5)
  made.kafka.createTopic('in', partitions)
  made.kafka.createTopic('out', 1)
  return made
}

function asking(declare: (input: KStream<string, number>) => KStream<string, number>): Topology {
  return topology('asking', (builder) => declare(builder.stream('in', serdes)).to('out', serdes))
}

const askingHeld = (calls: HeldCalls<number, number>): Topology =>
  asking((input) => input.mapValuesAsync((value, _key, context) => calls.call(value, context), { order: 'none' }))

const written = (made: MemoryCluster): readonly number[] =>
  made.kafka.records('out').map(({ value }) => JSON.parse(new TextDecoder().decode(value!)) as number)

const committed = (made: MemoryCluster, partition = 0): number =>
  made.kafka.group('asking').offsets.get(`in-${partition}`) ?? 0

describe('offsets', () => {
  test('are committed up to the first record that is not done, whatever is done behind it', async () => {
    const made = cluster()
    const calls = new HeldCalls<number, number>()
    const app = made.app(askingHeld(calls), { config })
    await made.clock.settle(app.start())
    made.write('in', [0, 1, 2, 3, 4])
    await made.clock.runUntil(() => calls.waiting.length === 5)
    for (const value of [1, 3, 4]) calls.answer(value, value)
    await made.clock.runUntil(() => written(made).length === 3)
    await made.clock.advance(200)
    expect(committed(made)).toBe(0)
    calls.answer(0, 0)
    await made.clock.runUntil(() => committed(made) === 2)
    await made.clock.advance(200)
    expect(committed(made)).toBe(2)
    calls.answer(2, 2)
    await made.clock.runUntil(() => committed(made) === 5)
    await made.clock.settle(app.stop())
  })

  test('of a record that became many wait for the last piece', async () => {
    const made = cluster()
    const calls = new HeldCalls<number, number>()
    const spread = asking((input) =>
      input
        .flatMapValues((value) => [value * 10, value * 10 + 1, value * 10 + 2])
        .mapValuesAsync((value, _key, context) => calls.call(value, context), { order: 'none' }),
    )
    const app = made.app(spread, { config })
    await made.clock.settle(app.start())
    made.write('in', [1, 2])
    await made.clock.runUntil(() => calls.waiting.length === 6)
    for (const value of [10, 12, 20, 21, 22]) calls.answer(value, value)
    await made.clock.runUntil(() => written(made).length === 5)
    await made.clock.advance(200)
    expect(committed(made)).toBe(0)
    calls.answer(11, 11)
    await made.clock.runUntil(() => committed(made) === 2)
    await made.clock.settle(app.stop())
  })

  test('wait for all that is in flight below a store, which then holds nothing that is not out', async () => {
    const made = cluster()
    const calls = new HeldCalls<number, number>()
    const below = asking((input) =>
      input
        .groupByKey(serdes)
        .reduce((_, value) => value)
        .toStream()
        .mapValuesAsync((value, _key, context) => calls.call(value!, context), { order: 'none', concurrency: 50 }),
    )
    const app = made.app(below, { config })
    await made.clock.settle(app.start())
    made.write('in', [0, 1, 2])
    await made.clock.runUntil(() => calls.waiting.length === 3)
    calls.answer(0, 0)
    await made.clock.advance(200)
    made.write('in', [3])
    await made.clock.advance(200)
    expect([committed(made), calls.waiting]).toEqual([0, [1, 2]])
    calls.answer(1, 1)
    calls.answer(2, 2)
    await made.clock.runUntil(() => committed(made) === 3 && calls.waiting.length === 1)
    calls.answer(3, 3)
    await made.clock.runUntil(() => committed(made) === 4)
    await made.clock.settle(app.stop())
  })
})

test('a result goes out when the call has ended, not when the next poll comes back', async () => {
  const made = cluster()
  const ended: number[] = []
  const seen: number[] = []
  const app = made.app(
    asking((input) =>
      input
        .mapValuesAsync(async (value) => {
          await sleep(made.clock, 7)
          ended.push(made.clock.monotonic())
          return value
        })
        .peek(() => seen.push(made.clock.monotonic())),
    ),
  )
  await made.clock.settle(app.start())
  for (let value = 0; value < 10; value++) {
    made.write('in', [value])
    await made.clock.runUntil(() => seen.length === value + 1)
  }
  expect(seen).toEqual(ended)
  await made.clock.settle(app.stop())
})

test('while too much is in flight no more is taken, and fetching pauses', async () => {
  const made = cluster()
  const calls = new HeldCalls<number, number>()
  const all = Array.from({ length: 2_000 }, (_, index) => index)
  made.write('in', all)
  const app = made.app(
    asking((input) => input.mapValuesAsync((value, _key, context) => calls.call(value, context), { concurrency: 3 })),
    { config: { ...config, bufferedRecordsPerPartitionMax: 50 } },
  )
  await made.clock.settle(app.start())
  await made.clock.advance(5_000)
  expect(calls.waiting).toEqual([0, 1, 2])
  expect(app.metrics().tasks[0]!.recordsIn).toBe(12)
  expect(made.kafka.records('in').length).toBe(2_000)
  while (written(made).length < all.length) {
    for (const value of calls.waiting) calls.answer(value, value)
    await made.clock.advance(5)
  }
  expect(calls.most).toBe(3)
  expect(written(made)).toEqual(all)
  await made.clock.settle(app.stop())
  expect(committed(made)).toBe(2_000)
})

describe('a rebalance', () => {
  test('waits for what is in flight: nothing is asked twice', async () => {
    const made = cluster(2)
    const asked: number[] = []
    const build = asking((input) =>
      input.mapValuesAsync(async (value) => {
        asked.push(value)
        await sleep(made.clock, 300)
        return value
      }),
    )
    const all = Array.from({ length: 40 }, (_, index) => index)
    made.write('in', all)
    const first = made.app(build, { config })
    await made.clock.settle(first.start())
    await made.clock.runUntil(() => asked.length >= 10)
    const second = made.app(build, { config })
    await made.clock.settle(second.start())
    await made.clock.runUntil(() => made.caughtUp('asking', ['in']))
    await made.clock.settle(Promise.all([first.stop(), second.stop()]))
    expect(asked.toSorted((a, b) => a - b)).toEqual(all)
    expect(written(made).toSorted((a, b) => a - b)).toEqual(all)
  })

  test('waits no longer than half of what the group allows; the rest is aborted, and met again by the next owner', async () => {
    const made = cluster()
    const hanging = new HeldCalls<number, number>()
    const impatient = { ...config, rebalanceTimeoutMs: 2_000, sessionTimeoutMs: 1_000, heartbeatIntervalMs: 100 }
    made.write('in', [0, 1])
    const first = made.app(askingHeld(hanging), { config: impatient })
    await made.clock.settle(first.start())
    await made.clock.runUntil(() => hanging.waiting.length === 2)
    hanging.answer(0, 0)
    await made.clock.runUntil(() => written(made).length === 1)
    const startedMs = made.clock.monotonic()
    const stopping = first.stop()
    await made.clock.settle(stopping)
    expect(made.clock.monotonic() - startedMs).toBeLessThan(1_200)
    expect(committed(made)).toBe(1)
    const { signal } = hanging.drop(1)
    expect([signal.aborted, String(signal.reason)]).toEqual([
      true,
      'Error: the task 0_0 stops here, or moves to another instance',
    ])
    const second = made.app(
      asking((input) => input.mapValuesAsync((value) => value)),
      { config },
    )
    await made.clock.settle(second.start())
    await made.clock.runUntil(() => committed(made) === 2)
    await made.clock.settle(second.stop())
    expect(written(made)).toEqual([0, 1])
  })

  test('that took the partitions away: what is answered afterwards is not heard', async () => {
    const made = cluster()
    const contexts: AttemptContext[] = []
    const answers: ((value: number) => void)[] = []
    const build = asking((input) =>
      input.mapValuesAsync(
        (_value, _key, context) =>
          new Promise<number>((resolve) => {
            contexts.push(context)
            answers.push(resolve)
          }),
      ),
    )
    made.write('in', [7])
    const app = made.app(build, { config })
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => answers.length === 1)
    made.expire('asking', 1)
    await made.clock.runUntil(() => answers.length === 2)
    expect(contexts.map(({ signal }) => signal.aborted)).toEqual([true, false])
    answers[0]!(70)
    await made.clock.advance(500)
    expect([written(made), committed(made)]).toEqual([[], 0])
    answers[1]!(71)
    await made.clock.runUntil(() => committed(made) === 1)
    expect(written(made)).toEqual([71])
    await made.clock.settle(app.stop())
  })
})

test('when a call has failed for good, the app stops, and its offset is not committed', async () => {
  const made = cluster()
  made.write('in', [0, 1, 2])
  const app = made.app(
    asking((input) =>
      input.mapValuesAsync(
        async (value) => {
          await sleep(made.clock, value === 1 ? 50 : 5)
          if (value === 1) throw new Error('no one')
          return value
        },
        { order: 'none', retries: { attempts: 3, backoff: 10 } },
      ),
    ),
    { config },
  )
  await made.clock.settle(app.start())
  await expect(made.clock.settle(app.closed)).rejects.toMatchObject({ topic: 'in', partition: 0, offset: 1 })
  expect([written(made), committed(made)]).toEqual([[0, 2], 1])
})

describe('a crash at any step', () => {
  const lines = makeLines(40)
  const caughtUp = (made: MemoryCluster): boolean => made.caughtUp('word-ids', [topics.lines, topics.repartition])

  /** Calls before the state and batches behind it, all of which take their time and fail now and then. */
  function slowWordIds({ clock }: MemoryCluster, seed: number): Topology {
    const random = seededRandom(seed)
    const slow = async <T>(value: T): Promise<T> => {
      await sleep(clock, random() * 60)
      if (random() < 0.1) throw new Error('busy')
      return value
    }
    const retries = { attempts: 20, backoff: 5 }
    return wordIdsThrough({
      words: (words) => words.mapValuesAsync(slow, { concurrency: 4, order: seed % 2 === 0 ? 'key' : 'none', retries }),
      results: (results) =>
        results.mapBatch((records) => slow(records.map(({ value }) => value)), {
          maxRecords: 5,
          concurrency: 2,
          retries,
        }),
    })
  }

  test('loses nothing, and nothing is committed before what came of it was written', async () => {
    const slowConfig = { commitIntervalMs: 20, lingerMs: 2 }
    let crashes = 0
    for (let step = 5; step <= 320; step += 7) {
      const made = new MemoryCluster(step)
      made.kafka.createTopic('lines', 2)
      made.kafka.createTopic('ids', 1)
      made.write('lines', lines)
      const crash = crashAt(step)
      void made.app(slowWordIds(made, step), { config: slowConfig, step: crash.step }).start()
      await made.clock.runUntil(() => crash.crashed() || caughtUp(made))
      if (crash.crashed()) crashes++
      made.expire('word-ids', 1)
      const survivor = made.app(slowWordIds(made, step + 1), { config: slowConfig })
      await made.clock.settle(survivor.start())
      await made.clock.runUntil(() => caughtUp(made))
      await made.clock.settle(survivor.stop())
      expect(latestIds(made.kafka.records(topics.ids)), `crash at step ${step}`).toEqual(expectedIds(lines))
      expect(expectNothingCommittedTooEarly(made.kafka.events), `crash at step ${step}`).toBeGreaterThan(0)
    }
    expect(crashes).toBeGreaterThan(10)
  })
})
