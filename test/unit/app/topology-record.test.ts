import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { AppConfig } from '../../../src/app/app-config.ts'
import { topology } from '../../../src/dsl/topology.ts'
import { json } from '../../../src/serde/json.ts'
import { string } from '../../../src/serde/string.ts'
import type { Serde } from '../../../src/serde/serde.ts'
import type { TopologyEvent } from '../../../src/telemetry/channels.ts'
import type { Topology } from '../../../src/topology/topology.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { crashAt } from '../../support/memory-port.ts'

const serdes = { key: string(), value: json<number>() }
const recordTopic = 'totals-topology'

const totals = (value: Serde<number> = json<number>(), stores: readonly string[] = ['sums']): Topology =>
  topology('totals', (builder) => {
    const stream = builder.stream('in', serdes)
    for (const store of stores) stream.groupByKey().reduce((all, one) => all + one, { store, value })
  })
const stateless = topology('totals', (builder) => builder.stream('in', serdes).foreach(() => {}))
const other: Serde<number> = { ...json<number>(), name: 'other' }

function cluster(partitions = 2): MemoryCluster {
  const made = new MemoryCluster(3)
  made.kafka.createTopic('in', partitions)
  made.write('in', [1, 2, 3, 4])
  return made
}

async function run(made: MemoryCluster, built: Topology, config: AppConfig = {}): Promise<void> {
  const app = made.app(built, { config: { commitIntervalMs: 20, ...config } })
  await made.clock.settle(app.start())
  await made.clock.runUntil(() => made.caughtUp('totals', ['in']))
  await made.clock.settle(app.stop())
}

async function refused(made: MemoryCluster, built: Topology, config: AppConfig = {}): Promise<string> {
  const app = made.app(built, { config })
  app.on('error', () => {})
  await expect(made.clock.settle(app.start())).rejects.toMatchObject({ code: 'MILLRACE_TOPOLOGY_INCOMPATIBLE' })
  return app.error!.message
}

const recorded = (made: MemoryCluster): readonly { readonly stores: readonly { readonly name: string }[] }[] =>
  made.kafka.records(recordTopic).map(({ value }) => JSON.parse(String(Buffer.from(value!))))

const notes: string[] = []
const note = (event: unknown): void => void notes.push(...(event as TopologyEvent).notes)
beforeEach(() => subscribe('millrace:topology', note))
afterEach(() => {
  unsubscribe('millrace:topology', note)
  notes.length = 0
})

describe('an app records what it keeps', () => {
  test('once, in a compacted topic of one partition; a start that changes nothing writes nothing', async () => {
    const made = cluster()
    await run(made, totals())
    await run(made, totals())
    expect(made.kafka.topics.get(recordTopic)?.configs).toEqual({ 'cleanup.policy': 'compact' })
    expect(recorded(made)).toMatchObject([{ version: 1, stores: [{ name: 'sums', kind: 'key-value', partitions: 2 }] }])
    expect(notes).toEqual([])
  })

  test('but not where it keeps nothing', async () => {
    const made = cluster()
    await run(made, stateless)
    expect(made.kafka.topics.has(recordTopic)).toBe(false)
  })

  test('several that start at once agree', async () => {
    const made = cluster()
    const apps = [1, 2, 3].map(() => made.app(totals()))
    await Promise.all(apps.map((app) => made.clock.settle(app.start())))
    await Promise.all(apps.map((app) => made.clock.settle(app.stop())))
    await run(made, totals())
  })

  test('state from before there was a record is taken as it is, and that is said', async () => {
    const made = cluster()
    await run(made, totals())
    made.kafka.topics.delete(recordTopic)
    await run(made, totals())
    expect(notes).toEqual(['state from before topologies were recorded is taken as it is: totals-sums-changelog'])
    expect(recorded(made)).toHaveLength(1)
  })
})

describe('an incompatible topology is refused', () => {
  test('with what changed and what to do, before it makes anything', async () => {
    const made = cluster()
    await run(made, totals())
    const topics = [...made.kafka.topics.keys()]
    const message = await refused(made, totals(other, ['sums', 'more']))
    expect(message).toMatch(/store sums: the serde of its value was json and is other; .*delete totals-sums-changelog/)
    expect([...made.kafka.topics.keys()]).toEqual(topics)
    expect(recorded(made)).toHaveLength(1)
    await run(made, totals())
  })

  test('until the topics that it names are deleted', async () => {
    const made = cluster()
    await run(made, totals())
    made.kafka.topics.delete('totals-sums-changelog')
    await run(made, totals(other))
    await run(made, totals(other))
    await refused(made, totals())
  })

  test('until the user accepts exactly this one', async () => {
    const made = cluster()
    await run(made, totals())
    const hash = /acceptTopology to '([0-9a-f]{8})'/.exec(await refused(made, totals(other)))![1]!
    const third: Serde<number> = { ...json<number>(), name: 'third' }
    await refused(made, totals(third), { acceptTopology: hash })
    await run(made, totals(other), { acceptTopology: hash })
    await run(made, totals(other))
    await refused(made, totals(), { acceptTopology: hash })
  })

  test('when the topic that stands in for its changelog got more partitions', async () => {
    const table = topology(
      'totals',
      (builder) => {
        builder.table('in', { ...serdes, store: 'rows' })
      },
      { optimization: 'all' },
    )
    const made = new MemoryCluster(3)
    made.kafka.createTopic('in', 2, { 'cleanup.policy': 'compact' })
    made.write('in', [1, 2])
    await run(made, table)
    made.kafka.topics.delete('in')
    made.kafka.createTopic('in', 4, { 'cleanup.policy': 'compact' })
    expect(await refused(made, table)).not.toContain('acceptTopology')
  })

  test('when both start at once, and the first record counts from then on', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const made = new MemoryCluster(seed)
      made.kafka.createTopic('in', 1)
      const apps = [totals(), totals(other)].map((built) => ({ built, app: made.app(built) }))
      for (const { app } of apps) app.on('error', () => {})
      const outcomes = await Promise.allSettled(apps.map(({ app }) => made.clock.settle(app.start())))
      const won = outcomes.findIndex(({ status }) => status === 'fulfilled')
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
      await made.clock.settle(apps[won]!.app.stop())
      await run(made, apps[won]!.built)
      await refused(made, apps[1 - won]!.built)
    }
  })
})

describe('a compatible topology runs', () => {
  test('old and new in turn, as in a rolling upgrade: neither forgets what the other keeps', async () => {
    const made = cluster()
    const more = totals(json(), ['sums', 'more'])
    for (const built of [totals(), more, totals(), more]) await run(made, built)
    expect(
      recorded(made)
        .at(-1)!
        .stores.map(({ name }) => name)
        .toSorted(),
    ).toEqual(['more', 'sums'])
    expect(notes).toContain('store more is not kept any more; totals-more-changelog is left as it is')
    await refused(made, totals(other, ['more']))
  })

  test('a crash at any step of a start leaves a record that the next one can use', async () => {
    for (let step = 1; step <= 14; step++) {
      const made = cluster(1)
      const crash = crashAt(step)
      void made.app(totals(), { step: crash.step }).start()
      await made.clock.runUntil(() => crash.crashed())
      made.expire('totals', 1)
      await run(made, totals())
      expect(recorded(made).length).toBeGreaterThan(0)
    }
  })
})

test('a record that a newer Millrace wrote, or somebody else, is an error', async () => {
  for (const value of ['{"version":2}', 'rubbish', '"text"']) {
    const made = cluster()
    made.kafka.createTopic(recordTopic, 1)
    const bytes = { key: Buffer.from('topology'), value: Buffer.from(value) }
    made.kafka.append({ topic: recordTopic, partition: 0, ...bytes, timestamp: 1, headers: [] })
    expect(await refused(made, totals())).toContain(recordTopic)
  }
})
