import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  rebalanceChannel,
  restoreChannel,
  type RebalanceEvent,
  type RestoreEvent,
} from '../../../src/telemetry/channels.ts'
import type { MillraceApp } from '../../../src/app/millrace-app.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import {
  expectedIds,
  latestIds,
  makeLines,
  wordIds,
  wordIdsTopics as topics,
  type Line,
} from '../../support/word-ids.ts'

const config = { commitIntervalMs: 20, lingerMs: 2 }
const storeTasks = ['1_0', '1_1', '1_2', '1_3', '1_4', '1_5']

let restores: RestoreEvent[] = []
let rebalances: RebalanceEvent[] = []
const onRestore = (event: unknown): void => void restores.push(event as RestoreEvent)
const onRebalance = (event: unknown): void => void rebalances.push(event as RebalanceEvent)
beforeEach(() => {
  restores = []
  rebalances = []
  subscribe(restoreChannel.name, onRestore)
  subscribe(rebalanceChannel.name, onRebalance)
})
afterEach(() => {
  unsubscribe(restoreChannel.name, onRestore)
  unsubscribe(rebalanceChannel.name, onRebalance)
})

function cluster(seed: number): MemoryCluster {
  const made = new MemoryCluster(seed)
  made.kafka.createTopic('lines', storeTasks.length)
  made.kafka.createTopic('ids', 1)
  return made
}

const isCaughtUp = (made: MemoryCluster): boolean => made.caughtUp('word-ids', [topics.lines, topics.repartition])
const tasksOf = (app: MillraceApp): readonly string[] => app.metrics().tasks.map(({ taskId }) => taskId)
const restored = (phase: RestoreEvent['phase'] = 'done'): readonly string[] =>
  restores.filter((event) => event.phase === phase).map(({ taskId }) => taskId)
const told = (kind: RebalanceEvent['kind']): readonly string[] =>
  rebalances.filter((event) => event.kind === kind).flatMap(({ tasks }) => tasks)

/** Balanced: every task runs on one of the apps, and each has its share. */
function isShared(made: MemoryCluster, apps: readonly MillraceApp[]): boolean {
  const members = [...made.kafka.group('word-ids').members.values()]
  const owned = members.map((member) => member.owned.length)
  const all = storeTasks.length * 2
  return (
    members.length === apps.length &&
    owned.reduce((sum, count) => sum + count, 0) === all &&
    Math.max(...owned) - Math.min(...owned) <= 2 &&
    apps.every(({ state }) => state === 'running')
  )
}

async function share(made: MemoryCluster, apps: readonly MillraceApp[]): Promise<void> {
  await made.clock.runUntil(() => isShared(made, apps))
}

function expectAll(made: MemoryCluster, lines: readonly Line[]): void {
  expect(latestIds(made.kafka.records(topics.ids))).toEqual(expectedIds(lines))
  expect(latestIds(made.kafka.records(topics.changelog))).toEqual(expectedIds(lines))
}

const seeds = [1, 2, 3, 4, 5, 6, 7, 8]

describe('scaling', () => {
  test.each(seeds)(
    'one to three to one with state loses nothing, and restores only what moves; seed %i',
    async (seed) => {
      const made = cluster(seed)
      const lines = makeLines(120)
      made.write('lines', lines.slice(0, 40))
      const first = made.app(wordIds, { config })
      await made.clock.settle(first.start())
      await made.clock.runUntil(() => isCaughtUp(made))
      expect(restored().toSorted()).toEqual(storeTasks)

      const others = [made.app(wordIds, { config }), made.app(wordIds, { config })]
      const starting = Promise.all(others.map((app) => app.start()))
      made.write('lines', lines.slice(40, 80))
      await made.clock.settle(starting)
      await share(made, [first, ...others])
      const moved = told('revoked').filter((task) => storeTasks.includes(task))
      const stayed = tasksOf(first).filter((task) => storeTasks.includes(task) && !moved.includes(task))
      expect(stayed).toHaveLength(2)
      expect(told('lost')).toEqual([])
      expect(restored().slice(storeTasks.length).toSorted()).toEqual(moved.toSorted())
      await made.clock.runUntil(() => isCaughtUp(made))

      made.write('lines', lines.slice(80))
      await made.clock.settle(Promise.all(others.map((app) => app.stop())))
      await share(made, [first])
      await made.clock.runUntil(() => isCaughtUp(made))
      expect(
        restored()
          .filter((task) => stayed.includes(task))
          .toSorted(),
      ).toEqual(stayed.toSorted())
      await made.clock.settle(first.stop())
      expectAll(made, lines)
    },
  )

  test('goes on with the tasks that stay while the group waits for a member that is gone', async () => {
    const made = cluster(1)
    const lines = makeLines(60)
    made.write('lines', lines.slice(0, 30))
    const apps = [made.app(wordIds, { config }), made.app(wordIds, { config })]
    await made.clock.settle(Promise.all(apps.map((app) => app.start())))
    await share(made, apps)
    await made.clock.runUntil(() => isCaughtUp(made))
    // A member that has joined and never polls: the group forms, and waits.
    made.kafka.group('word-ids').add({
      memberId: 'instance-9-silent',
      topics: [topics.lines],
      owned: [],
      generation: -1,
      address: null,
      assignor: [...made.kafka.group('word-ids').members.values()][0]!.assignor,
    })
    made.write('lines', lines.slice(30))
    await made.clock.runUntil(() => isCaughtUp(made))
    expect(made.kafka.group('word-ids').rebalancing).toBe(true)
    made.expire('word-ids', 9)
    await share(made, apps)
    await made.clock.settle(Promise.all(apps.map((app) => app.stop())))
    expectAll(made, lines)
    expect(restored().filter((task) => task === '1_0').length).toBeLessThanOrEqual(2)
  })

  test.each(seeds)(
    'in the middle of restoring: what stays is restored once, what moves with its new owner; seed %i',
    async (seed) => {
      const made = cluster(seed)
      const lines = makeLines(1_500)
      made.write('lines', lines)
      const before = made.app(wordIds, { config })
      await made.clock.settle(before.start())
      await made.clock.runUntil(() => isCaughtUp(made))
      await made.clock.settle(before.stop())
      restores = []
      rebalances = []

      const first = made.app(wordIds, { config })
      void first.start()
      await made.clock.runUntil(() => restored('started').length >= 2)
      const second = made.app(wordIds, { config })
      void second.start()
      await share(made, [first, second])
      const revoked = told('revoked').filter((task) => storeTasks.includes(task))
      for (const task of storeTasks) {
        const times = restored('started').filter((each) => each === task).length
        expect(times, task).toBeLessThanOrEqual(1 + revoked.filter((each) => each === task).length)
        expect(restored(), task).toContain(task)
      }
      await made.clock.settle(second.stop())
      made.write('lines', [{ id: 1_500, words: ['key'] }])
      await share(made, [first])
      await made.clock.runUntil(() => isCaughtUp(made))
      await made.clock.settle(first.stop())
      expectAll(made, [...lines, { id: 1_500, words: ['key'] }])
    },
  )

  test.each(seeds)('three that start at once, while the internal topics are being made; seed %i', async (seed) => {
    const made = cluster(seed)
    const lines = makeLines(60)
    made.write('lines', lines)
    const apps = [1, 2, 3].map(() => made.app(wordIds, { config }))
    await made.clock.settle(Promise.all(apps.map((app) => app.start())))
    await share(made, apps)
    await made.clock.runUntil(() => isCaughtUp(made))
    await made.clock.settle(Promise.all(apps.map((app) => app.stop())))
    expectAll(made, lines)
  })

  test('a member that was given nothing takes over when the others go', async () => {
    const made = new MemoryCluster(1)
    made.kafka.createTopic('lines', 1)
    made.kafka.createTopic('ids', 1)
    const lines = makeLines(40)
    made.write('lines', lines.slice(0, 20))
    const apps = [made.app(wordIds, { config }), made.app(wordIds, { config }), made.app(wordIds, { config })]
    for (const app of apps) await made.clock.settle(app.start())
    await made.clock.runUntil(() => isCaughtUp(made))
    const idle = apps.filter((app) => tasksOf(app).length === 0)
    expect(idle.length).toBeGreaterThan(0)
    const [spare] = idle
    for (const app of apps) if (app !== spare) await made.clock.settle(app.stop())
    made.write('lines', lines.slice(20))
    await made.clock.runUntil(() => isCaughtUp(made))
    await made.clock.settle(spare!.stop())
    expectAll(made, lines)
  })
})
