import { afterEach, describe, expect, test } from 'vitest'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { AppConfig } from '../../../src/app/app-config.ts'
import type { MillraceApp } from '../../../src/app/millrace-app.ts'
import { topology } from '../../../src/dsl/topology.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import type { KeyValueStore } from '../../../src/state/key-value-store.ts'
import type { VersionedStore } from '../../../src/state/versioned-store.ts'
import type { RestoreEvent } from '../../../src/telemetry/channels.ts'
import type { TableSourceOptions } from '../../../src/dsl/options.ts'
import type { Topology } from '../../../src/topology/topology.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { crashAt } from '../../support/memory-port.ts'

interface Card {
  readonly limit: number
  readonly time?: number
}

const cards = { key: string(), value: json<Card>() }
const payments = { key: string(), value: json<number>() }

const limited = (options: Partial<TableSourceOptions<string, Card>> = {}): Topology =>
  topology(
    'limits',
    (builder) => {
      const table = builder.table('cards', { ...cards, store: 'cards-store', ...options })
      const judged = builder.stream('payments', payments).leftJoin(table, (paid, card) => `${paid}/${card?.limit}`)
      judged.to('judged', { key: string(), value: json<string>() })
      table
        .filter((card) => card.limit > 5)
        .toStream()
        .to('large', cards)
    },
    { optimization: ['reuse.ktable.source.topics'] },
  )

function cluster(
  configs: Readonly<Record<string, string>> = { 'cleanup.policy': 'compact' },
  partitions = 1,
): MemoryCluster {
  const made = new MemoryCluster(5)
  made.kafka.createTopic('cards', partitions, configs)
  made.kafka.createTopic('payments', partitions)
  made.kafka.createTopic('judged', 1)
  made.kafka.createTopic('large', 1)
  return made
}

function put(made: MemoryCluster, key: string | null, value: unknown, timestamp = 1): void {
  append(made, 'cards', { key, value, timestamp })
}

interface Written {
  readonly key: string | null
  readonly value: unknown
  readonly timestamp: number
}

function append(made: MemoryCluster, topic: string, { key, value, timestamp }: Written): void {
  const bytes = value === null ? null : Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const keyBytes = key === null ? null : Buffer.from(key)
  const count = made.kafka.counts().get(topic)!
  const partition = key === null ? 0 : key.charCodeAt(0) % count
  made.kafka.append({ topic, partition, key: keyBytes, value: bytes, timestamp, headers: [] })
}

async function started(made: MemoryCluster, built: Topology, config: AppConfig = {}): Promise<MillraceApp> {
  const app = made.app(built, { config: { commitIntervalMs: 20, ...config } })
  await made.clock.settle(app.start())
  return app
}

async function runOnce(made: MemoryCluster, built: Topology, config: AppConfig = {}): Promise<void> {
  const app = await started(made, built, config)
  await made.clock.runUntil(() => made.caughtUp('limits', ['cards', 'payments']))
  await made.clock.settle(app.stop())
}

const rows = (app: MillraceApp, partition = 0): readonly unknown[] =>
  [...(app.store('cards-store', partition) as KeyValueStore<string, Card>).all()].map(([key, { value, timestamp }]) => [
    key,
    value.limit,
    timestamp,
  ])

const restores: RestoreEvent[] = []
const note = (event: unknown): void => void restores.push(event as RestoreEvent)

afterEach(() => {
  unsubscribe('millrace:restore', note)
  restores.length = 0
})

describe('a table that is restored from its own topic', () => {
  test('writes no changelog, and is back after a restart: values, timestamps, tombstones', async () => {
    const made = cluster()
    put(made, 'a', { limit: 1 }, 10)
    put(made, 'b', { limit: 2 }, 20)
    put(made, null, { limit: 3 }, 25)
    put(made, 'a', { limit: 9 }, 15)
    put(made, 'b', null, 30)
    put(made, 'c', 'null', 40)
    await runOnce(made, limited())
    expect([...made.kafka.topics.keys()].filter((topic) => topic.endsWith('-changelog'))).toEqual([])
    const app = await started(made, limited())
    expect(rows(app)).toEqual([['a', 9, 15]])
    expect(app.metrics().recordsIn).toBe(0)
    append(made, 'payments', { key: 'a', value: 7, timestamp: 50 })
    await made.clock.runUntil(() => made.caughtUp('limits', ['payments']))
    await made.clock.settle(app.stop())
    expect(made.kafka.records('judged').map(({ value }) => String(Buffer.from(value!)))).toEqual(['"7/9"'])
  })

  test('is restored up to the committed offset; what lies behind it is met as input, once', async () => {
    const made = cluster()
    put(made, 'a', { limit: 8 })
    await runOnce(made, limited())
    put(made, 'a', { limit: 1 })
    put(made, 'b', { limit: 9 })
    subscribe('millrace:restore', note)
    await runOnce(made, limited())
    expect(restores.filter(({ phase }) => phase === 'done')).toMatchObject([{ topic: 'cards', end: 1, records: 1 }])
    const passed = made.kafka
      .records('large')
      .map(({ key, value }) => `${String(Buffer.from(key!))} ${value && String(Buffer.from(value))}`)
    expect(passed).toEqual(['a {"limit":8}', 'a null', 'b {"limit":9}'])
  })

  test('starts empty where nothing is committed', async () => {
    const made = cluster()
    put(made, 'a', { limit: 8 })
    subscribe('millrace:restore', note)
    await runOnce(made, limited())
    expect(restores).toMatchObject([{ end: 0 }, { records: 0 }])
    expect(made.kafka.records('large')).toHaveLength(1)
  })

  test('takes the timestamps of the extractor', async () => {
    const built = limited({ timestamp: (card) => card?.time ?? 0 })
    const made = cluster()
    put(made, 'a', { limit: 1, time: 77 }, 10)
    await runOnce(made, built)
    const app = await started(made, built)
    expect(rows(app)).toEqual([['a', 1, 77]])
    await made.clock.settle(app.stop())
  })

  test('asks the decode handler about what cannot be read, and writes no dead letter twice', async () => {
    const made = cluster()
    put(made, 'a', { limit: 1 })
    put(made, 'a', 'not json')
    const config: AppConfig = { errors: { decode: 'dead-letter' }, deadLetterTopic: 'dead' }
    await runOnce(made, limited(), config)
    const app = await started(made, limited(), config)
    expect(rows(app)).toEqual([['a', 1, 1]])
    await made.clock.settle(app.stop())
    expect(made.kafka.records('dead')).toHaveLength(1)
    const strict = made.app(limited())
    strict.on('error', () => {})
    await expect(made.clock.settle(strict.start())).rejects.toMatchObject({
      code: 'MILLRACE_DECODE_FAILED',
      topic: 'cards',
      offset: 1,
    })
  })

  test('a versioned one has its history back, and refuses what it refused', async () => {
    const built = limited({ versioned: { historyRetention: 100 } })
    const made = cluster({ 'cleanup.policy': 'compact', 'min.compaction.lag.ms': '100' })
    put(made, 'a', { limit: 1 }, 1_000)
    put(made, 'a', { limit: 3 }, 1_050)
    put(made, 'a', { limit: 2 }, 1_020)
    put(made, 'a', { limit: 4 }, 900)
    await runOnce(made, built)
    const app = await started(made, built)
    const store = app.store('cards-store', 0) as unknown as VersionedStore<string, Card>
    const asOf = [999, 1_000, 1_019, 1_020, 1_050].map((time) => store.getAsOf('a', time)?.value.limit)
    expect(asOf).toEqual([undefined, 1, 1, 2, 3])
    await made.clock.settle(app.stop())
  })

  test('follows its partition to another instance', async () => {
    const made = cluster({ 'cleanup.policy': 'compact' }, 4)
    for (const key of 'abcdefgh') put(made, key, { limit: key.charCodeAt(0) })
    await runOnce(made, limited())
    const first = await started(made, limited())
    const second = await started(made, limited())
    const held = (app: MillraceApp): number =>
      [0, 1, 2, 3].reduce((sum, partition) => sum + (app.store('cards-store', partition)?.entryCount ?? 0), 0)
    await made.clock.runUntil(() => held(first) === 4 && held(second) === 4)
    await made.clock.settle(first.stop())
    await made.clock.runUntil(() => held(second) === 8)
    await made.clock.settle(second.stop())
  })

  test('a crash at any step loses no row and brings none back', async () => {
    for (let step = 4; step <= 70; step += 3) {
      const made = cluster()
      for (let at = 0; at < 60; at++) put(made, `k${at % 7}`, at % 5 === 0 ? null : { limit: at })
      const crash = crashAt(step)
      void made.app(limited(), { config: { commitIntervalMs: 20 }, step: crash.step }).start()
      await made.clock.runUntil(() => crash.crashed() || made.caughtUp('limits', ['cards']))
      made.expire('limits', 1)
      if (!crash.crashed()) break
      const app = await started(made, limited())
      await made.clock.runUntil(() => made.caughtUp('limits', ['cards']))
      expect(rows(app).length, `crash at step ${step}`).toBe(6)
      await made.clock.settle(app.stop())
      const again = await started(made, limited())
      const latest = Object.fromEntries(rows(again).map((row) => (row as [string, number]).slice(0, 2)))
      expect(latest, `crash at step ${step}`).toEqual({ k0: 56, k1: 57, k2: 58, k3: 59, k4: 53, k5: 54 })
      await made.clock.settle(again.stop())
    }
  })
})

describe('a topic that cannot stand in for a changelog is refused before anything is made', () => {
  const refused = async (configs: Record<string, string>, built: Topology, config: AppConfig = {}): Promise<string> => {
    const made = cluster(configs)
    const app = made.app(built, { config })
    app.on('error', () => {})
    await expect(made.clock.settle(app.start())).rejects.toMatchObject({ code: 'MILLRACE_SOURCE_NOT_KEPT' })
    expect([...made.kafka.topics.keys()]).toEqual(['cards', 'payments', 'judged', 'large'])
    return app.error!.message
  }

  test.each([
    ['delete', { 'cleanup.policy': 'delete', 'retention.ms': '604800000' }],
    ['compact,delete', { 'cleanup.policy': 'compact,delete', 'retention.ms': '604800000' }],
    ['delete by size', { 'cleanup.policy': 'delete', 'retention.ms': '-1', 'retention.bytes': '1000' }],
    ["the broker's default", {}],
  ])('cleanup.policy %s', async (_, configs: Record<string, string>) => {
    expect(await refused(configs, limited())).toMatch(
      /topic cards: .*deletes rows of the table cards-store.*cleanup\.policy=compact/,
    )
  })

  test('compaction that takes versions which the table keeps', async () => {
    const built = limited({ versioned: { historyRetention: '1h' } })
    expect(await refused({ 'cleanup.policy': 'compact' }, built)).toContain('min.compaction.lag.ms')
  })

  test('an app that begins at the end of its topics', async () => {
    expect(await refused({ 'cleanup.policy': 'compact' }, limited(), { offsetReset: 'latest' })).toContain(
      'offsetReset',
    )
  })

  test('a topic that keeps everything will do', async () => {
    const made = cluster({ 'cleanup.policy': 'delete', 'retention.ms': '-1' })
    await runOnce(made, limited())
  })
})
