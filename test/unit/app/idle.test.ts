import { describe, expect, test } from 'vitest'
import { json, string, topology, tumbling } from 'millrace'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { crashAt } from '../../support/memory-port.ts'

const serdes = { key: string(), value: json<number>() }
const config = { commitIntervalMs: 50, lingerMs: 2, idleAfterMs: 500 }
const minutes = tumbling({ size: '1m', grace: '5s' })

/** Both ways to a final result, the second of them behind a repartition topic. */
const finals = topology('finals', (builder) => {
  const one = builder.stream('in', serdes)
  const counts = one.groupByKey().windowedBy(minutes).count({ name: 'held' }).suppress({ until: 'window-close' })
  counts
    .toStream({ selectKey: (_, { key, window }) => `${key}@${window.start}`, key: string() })
    .to('suppressed', serdes)
  const sums = one
    .selectKey((value) => `k${value % 2}`, { key: string() })
    .groupByKey({ name: 'by-value' })
    .windowedBy(minutes)
    .emitStrategy('window-close')
    .count({ name: 'final' })
  sums.toStream({ selectKey: (_, { key, window }) => `${key}@${window.start}`, key: string() }).to('emitted', serdes)
})
const internal = 'finals-by-value-repartition'

function cluster(seed: number, partitions = 1): MemoryCluster {
  const made = new MemoryCluster(seed)
  made.kafka.createTopic('in', partitions)
  for (const topic of ['suppressed', 'emitted']) made.kafka.createTopic(topic, 1)
  return made
}

interface Tick {
  readonly key: string
  readonly value: number
  readonly timestamp: number
  readonly partition?: number
}

function send(made: MemoryCluster, { key, value, timestamp, partition = 0 }: Tick): void {
  const bytes = (content: string): Uint8Array => new TextEncoder().encode(content)
  made.kafka.append({
    topic: 'in',
    partition,
    key: bytes(key),
    value: bytes(JSON.stringify(value)),
    timestamp,
    headers: [],
  })
}

function read(made: MemoryCluster, topic: string): readonly string[] {
  const text = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? undefined)
  return made.kafka.records(topic).map(({ key, value, timestamp }) => `${text(key)}=${text(value)}@${timestamp}`)
}

const lastYear = 1_500_000_000_000 - (1_500_000_000_000 % 60_000)
const expected = {
  suppressed: [`a@${lastYear}=2@${lastYear + 50_000}`],
  emitted: [`k1@${lastYear}=2@${lastYear + 50_000}`],
}

async function started(made: MemoryCluster, options: Parameters<MemoryCluster['app']>[1] = { config }) {
  const app = made.app(finals, options)
  await made.clock.settle(app.start())
  return app
}

describe('with idleAfterMs', () => {
  test.each([1, 2, 3])(
    'windows close while nothing comes, on both sides of a repartition topic; seed %i',
    async (seed) => {
      const made = cluster(seed)
      const app = await started(made)
      send(made, { key: 'a', value: 1, timestamp: lastYear + 1_000 })
      send(made, { key: 'a', value: 3, timestamp: lastYear + 50_000 })
      await made.clock.runUntil(() => made.caughtUp('finals', ['in', internal]))
      const before = made.clock.now()
      await made.clock.runUntil(() => read(made, 'emitted').length > 0 && read(made, 'suppressed').length > 0)
      // From 50 s to the end of the window and its grace are 15 s.
      expect(made.clock.now() - before).toBeGreaterThan(14_000)
      expect(made.clock.now() - before).toBeLessThan(17_000)
      await made.clock.advance(60_000)
      expect(read(made, 'suppressed')).toEqual(expected.suppressed)
      expect(read(made, 'emitted')).toEqual(expected.emitted)
      send(made, { key: 'b', value: 1, timestamp: lastYear + 3_600_000 })
      send(made, { key: 'b', value: 1, timestamp: lastYear + 7_200_000 })
      await made.clock.runUntil(() => read(made, 'emitted').length > 1 && read(made, 'suppressed').length > 1)
      await made.clock.settle(app.stop())
      expect(read(made, 'suppressed')).toEqual([
        ...expected.suppressed,
        `b@${lastYear + 3_600_000}=1@${lastYear + 3_600_000}`,
      ])
    },
  )

  test('an idle app writes nothing', async () => {
    const made = cluster(1)
    const app = await started(made)
    send(made, { key: 'a', value: 1, timestamp: lastYear })
    await made.clock.advance(100_000)
    const written = (): number =>
      [...made.kafka.counts().keys()].reduce((sum, topic) => sum + made.kafka.records(topic).length, 0)
    const before = written()
    await made.clock.advance(300_000)
    expect(written()).toBe(before)
    await made.clock.settle(app.stop())
  })

  test('without it nothing comes, ever', async () => {
    const made = cluster(1)
    const app = await started(made, { config: { commitIntervalMs: 50, lingerMs: 2 } })
    send(made, { key: 'a', value: 1, timestamp: lastYear })
    await made.clock.advance(300_000)
    await made.clock.settle(app.stop())
    expect([...read(made, 'suppressed'), ...read(made, 'emitted')]).toEqual([])
  })

  test('each partition is idle by itself', async () => {
    const made = cluster(1, 2)
    const app = await started(made)
    send(made, { key: 'a', value: 1, timestamp: lastYear, partition: 0 })
    for (let sent = 0; sent < 220; sent++) {
      send(made, { key: 'b', value: 1, timestamp: lastYear, partition: 1 })
      await made.clock.advance(350)
    }
    // The windows of the task that has input stay open.
    expect(read(made, 'suppressed')).toEqual([`a@${lastYear}=1@${lastYear}`])
    await made.clock.advance(100_000)
    expect(read(made, 'suppressed')).toEqual([`a@${lastYear}=1@${lastYear}`, `b@${lastYear}=220@${lastYear}`])
    await made.clock.settle(app.stop())
  })
})

describe('a restart', () => {
  test('lets out what was held before it, though no record has come since', async () => {
    const made = cluster(1)
    const app = await started(made)
    send(made, { key: 'a', value: 1, timestamp: lastYear + 1_000 })
    send(made, { key: 'a', value: 3, timestamp: lastYear + 50_000 })
    await made.clock.runUntil(() => made.caughtUp('finals', ['in', internal]))
    await made.clock.settle(app.stop())
    expect(read(made, 'suppressed')).toEqual([])
    const next = await started(made)
    await made.clock.advance(20_000)
    await made.clock.settle(next.stop())
    expect(read(made, 'suppressed')).toEqual(expected.suppressed)
    expect(read(made, 'emitted')).toEqual(expected.emitted)
    const last = await started(made)
    await made.clock.advance(100_000)
    await made.clock.settle(last.stop())
    expect(read(made, 'suppressed')).toEqual(expected.suppressed)
    expect(read(made, 'emitted')).toEqual(expected.emitted)
  })

  test('after a crash at any step every result is out, the same one where it is out twice', async () => {
    let crashes = 0
    for (let step = 5; step <= 600; step += 29) {
      const made = cluster(step)
      send(made, { key: 'a', value: 1, timestamp: lastYear + 1_000 })
      send(made, { key: 'a', value: 3, timestamp: lastYear + 50_000 })
      const crash = crashAt(step)
      void made.app(finals, { config, step: crash.step }).start()
      await made.clock.runUntil(() => crash.crashed() || read(made, 'emitted').length > 0)
      if (crash.crashed()) crashes++
      made.expire('finals', 1)
      const survivor = await started(made)
      await made.clock.advance(30_000)
      await made.clock.settle(survivor.stop())
      expect([...new Set(read(made, 'suppressed'))], `crash at step ${step}`).toEqual(expected.suppressed)
      expect([...new Set(read(made, 'emitted'))], `crash at step ${step}`).toEqual(expected.emitted)
    }
    expect(crashes).toBeGreaterThan(10)
  })
})
