import { describe, expect, test } from 'vitest'
import { MillraceError, TopologyError } from '../../../src/core/errors.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { expectedIds, latestIds, makeLines, wordIds, wordIdsTopics as topics } from '../../support/word-ids.ts'

function cluster(seed = 1): MemoryCluster {
  const made = new MemoryCluster(seed)
  made.kafka.createTopic('lines', 3)
  made.kafka.createTopic('ids', 2)
  return made
}

const caughtUp = (made: MemoryCluster): boolean => made.caughtUp('word-ids', [topics.lines, topics.repartition])

describe('one instance', () => {
  test.each([1, 2, 3])('reads, repartitions, aggregates, writes, commits; seed %i', async (seed) => {
    const made = cluster(seed)
    const lines = makeLines(200)
    made.write('lines', lines)
    const app = made.app(wordIds)
    await made.clock.settle(app.start())
    expect(app.state).toBe('running')
    await made.clock.runUntil(() => caughtUp(made))
    await made.clock.settle(app.stop())
    expect(latestIds(made.kafka.records(topics.ids))).toEqual(expectedIds(lines))
    expect(latestIds(made.kafka.records(topics.changelog))).toEqual(expectedIds(lines))
    expect(app.state).toBe('stopped')
    await app.closed
  })

  test('internal topics are created with the configs of the plan', async () => {
    const made = cluster()
    const app = made.app(wordIds)
    await made.clock.settle(app.start())
    expect(made.kafka.counts().get(topics.repartition)).toBe(3)
    expect(made.kafka.counts().get(topics.changelog)).toBe(3)
    expect(made.kafka.topics.get(topics.changelog)?.configs).toMatchObject({ 'cleanup.policy': 'compact' })
    await made.clock.settle(app.stop())
  })

  test('stop and start again: the second instance goes on with state, nothing is lost and nothing is done twice', async () => {
    const made = cluster()
    const lines = makeLines(120)
    made.write('lines', lines.slice(0, 60))
    const first = made.app(wordIds)
    await made.clock.settle(first.start())
    await made.clock.runUntil(() => first.metrics().recordsIn > 100)
    await made.clock.settle(first.stop())
    made.write('lines', lines.slice(60))
    const second = made.app(wordIds)
    await made.clock.settle(second.start())
    await made.clock.runUntil(() => caughtUp(made))
    await made.clock.settle(second.stop())
    expect(latestIds(made.kafka.records(topics.ids))).toEqual(expectedIds(lines))
    expect(first.metrics().recordsIn + second.metrics().recordsIn).toBe(
      120 + lines.flatMap((line) => line.words).length,
    )
  })

  test('processed records of repartition topics are deleted', async () => {
    const made = cluster()
    made.write('lines', makeLines(50))
    const app = made.app(wordIds, { config: { repartitionPurgeIntervalMs: 2_000 } })
    await made.clock.settle(app.start())
    await made.clock.advance(10_000)
    made.write('lines', makeLines(1))
    await made.clock.advance(10_000)
    await made.clock.settle(app.stop())
    expect(made.kafka.records(topics.repartition).length).toBeLessThanOrEqual(makeLines(1)[0]!.words.length)
    expect(made.kafka.records(topics.lines)).toHaveLength(51)
  })
})

describe('several instances', () => {
  test('one, then two, then one again: the results are those of one, and no record is done twice', async () => {
    const made = cluster(7)
    const lines = makeLines(300)
    made.write('lines', lines.slice(0, 100))
    const first = made.app(wordIds)
    await made.clock.settle(first.start())
    const second = made.app(wordIds)
    await made.clock.settle(second.start())
    made.write('lines', lines.slice(100, 200))
    await made.clock.advance(500)
    expect(second.metrics().recordsIn).toBeGreaterThan(0)
    await made.clock.settle(first.stop())
    made.write('lines', lines.slice(200))
    await made.clock.runUntil(() => caughtUp(made))
    await made.clock.settle(second.stop())
    expect(latestIds(made.kafka.records(topics.ids))).toEqual(expectedIds(lines))
    expect(first.metrics().recordsIn + second.metrics().recordsIn).toBe(
      300 + lines.flatMap((line) => line.words).length,
    )
  })

  test('more instances than tasks: the idle one runs too, and takes over', async () => {
    const made = cluster()
    const apps = Array.from({ length: 7 }, () => made.app(wordIds))
    await made.clock.settle(Promise.all(apps.map((app) => app.start())))
    expect(apps.map((app) => app.state)).toEqual(Array(7).fill('running'))
    await made.clock.settle(Promise.all(apps.map((app) => app.stop())))
  })

  test('an instance whose session expired drops its tasks and comes back', async () => {
    const made = cluster()
    const lines = makeLines(100)
    made.write('lines', lines.slice(0, 50))
    const app = made.app(wordIds)
    await made.clock.settle(app.start())
    await made.clock.advance(20)
    made.expire('word-ids', 1)
    made.write('lines', lines.slice(50))
    await made.clock.runUntil(() => caughtUp(made))
    expect(app.state).toBe('running')
    await made.clock.settle(app.stop())
    expect(latestIds(made.kafka.records(topics.ids))).toEqual(expectedIds(lines))
  })
})

describe('mistakes and misuse', () => {
  test('a missing topic fails the start, and says so once', async () => {
    const made = new MemoryCluster()
    made.kafka.createTopic('lines', 3)
    const app = made.app(wordIds)
    const heard: Error[] = []
    app.on('error', (error) => void heard.push(error))
    await expect(made.clock.settle(app.start())).rejects.toThrow(/topic ids: it does not exist/)
    expect(app.state).toBe('failed')
    expect(app.error).toBeInstanceOf(TopologyError)
    expect(heard).toEqual([app.error])
    await expect(app.closed).rejects.toBe(app.error)
    await app.stop()
  })

  test('an app starts once', async () => {
    const made = cluster()
    const app = made.app(wordIds)
    await made.clock.settle(app.start())
    await expect(app.start()).rejects.toThrow(MillraceError)
    await made.clock.settle(app.stop())
    await expect(app.start()).rejects.toThrow('an app starts once')
  })

  test('an app that never started stops at once', async () => {
    const app = cluster().app(wordIds)
    await app.stop()
    expect(app.state).toBe('stopped')
    await app.closed
  })

  test('stop while it starts: start says so, and nothing is left in the group', async () => {
    const made = cluster()
    const app = made.app(wordIds)
    const started = app.start()
    const stopped = app.stop()
    await expect(made.clock.settle(started)).rejects.toThrow('stopped before it ran')
    await made.clock.settle(stopped)
    expect(made.kafka.group('word-ids').members.size).toBe(0)
  })

  test('states go their way in order', async () => {
    const made = cluster()
    const app = made.app(wordIds)
    const seen: string[] = []
    app.on('state', ({ from, to }) => void seen.push(`${from}>${to}`))
    await made.clock.settle(app.start())
    await made.clock.settle(app.stop())
    expect(seen).toEqual(['created>starting', 'starting>running', 'running>stopping', 'stopping>stopped'])
  })
})
