import { describe, expect, test } from 'vitest'
import { BrokerError, TaskMigratedError } from '../../../src/core/errors.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { expectNothingCommittedTooEarly } from '../../support/committed-too-early.ts'
import { crashAt } from '../../support/memory-port.ts'
import { expectedIds, latestIds, makeLines, wordIds, wordIdsTopics as topics } from '../../support/word-ids.ts'

const lines = makeLines(40)
const config = { commitIntervalMs: 20, lingerMs: 2 }

function cluster(seed: number): MemoryCluster {
  const made = new MemoryCluster(seed)
  made.kafka.createTopic('lines', 2)
  made.kafka.createTopic('ids', 1)
  return made
}

const caughtUp = (made: MemoryCluster): boolean => made.caughtUp('word-ids', [topics.lines, topics.repartition])

async function runWithCrash(made: MemoryCluster, step: number): Promise<boolean> {
  made.write('lines', lines)
  const crash = crashAt(step)
  const doomed = made.app(wordIds, { config, step: crash.step })
  void doomed.start()
  await made.clock.runUntil(() => crash.crashed() || caughtUp(made))
  // It lives, and would come back as a member that a later crash leaves behind.
  if (!crash.crashed()) return false
  made.expire('word-ids', 1)
  const survivor = made.app(wordIds, { config })
  await made.clock.settle(survivor.start())
  await made.clock.runUntil(() => caughtUp(made))
  await made.clock.settle(survivor.stop())
  return crash.crashed()
}

describe('a crash at any step', () => {
  test('loses nothing: what came out, and the state, are those of a run without it', async () => {
    let crashes = 0
    for (let step = 1; step <= 240; step += 3) {
      const made = cluster(step)
      if (await runWithCrash(made, step)) crashes++
      expect(latestIds(made.kafka.records(topics.ids)), `crash at step ${step}`).toEqual(expectedIds(lines))
      expect(latestIds(made.kafka.records(topics.changelog)), `crash at step ${step}`).toEqual(expectedIds(lines))
      expect(expectNothingCommittedTooEarly(made.kafka.events), `crash at step ${step}`).toBeGreaterThan(0)
    }
    expect(crashes).toBeGreaterThan(10)
  })

  test('the check itself sees a commit that comes too early', async () => {
    const made = cluster(1)
    await runWithCrash(made, 1_000_000)
    const { events } = made.kafka
    const firstCommit = events.findIndex((event) => event.kind === 'commit')
    const early = [
      ...events.slice(0, firstCommit - 20),
      events[firstCommit]!,
      ...events.slice(firstCommit - 20, firstCommit),
    ]
    expect(() => expectNothingCommittedTooEarly(early)).toThrow(/nothing has written/)
  })
})

describe('a commit that fails', () => {
  test('for a passing reason is made again', async () => {
    const made = cluster(1)
    made.write('lines', lines)
    let failures = 3
    made.kafka.refuseCommit = () =>
      failures-- > 0 ? new BrokerError('MILLRACE_BROKER_FAILED', 'try later', { retriable: true }) : undefined
    const app = made.app(wordIds, { config })
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => caughtUp(made))
    await made.clock.settle(app.stop())
    expect(latestIds(made.kafka.records(topics.ids))).toEqual(expectedIds(lines))
  })

  test('again and again stops the app', async () => {
    const made = cluster(1)
    made.write('lines', lines)
    made.kafka.refuseCommit = () => new BrokerError('MILLRACE_BROKER_FAILED', 'never', { retriable: true })
    const app = made.app(wordIds, { config })
    await made.clock.settle(app.start())
    await expect(made.clock.settle(app.closed)).rejects.toThrow('never')
    expect(app.state).toBe('failed')
  })

  test('because the tasks went to somebody else: they are dropped, and the app comes back', async () => {
    const made = cluster(1)
    made.write('lines', lines)
    let migrations = 2
    made.kafka.refuseCommit = () => (migrations-- > 0 ? new TaskMigratedError('gone') : undefined)
    const app = made.app(wordIds, { config })
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => caughtUp(made))
    await made.clock.settle(app.stop())
    expect(latestIds(made.kafka.records(topics.ids))).toEqual(expectedIds(lines))
  })

  test('because of migrations without end stops the app', async () => {
    const made = cluster(1)
    made.write('lines', lines)
    made.kafka.refuseCommit = () => new TaskMigratedError('gone')
    const app = made.app(wordIds, { config })
    await made.clock.settle(app.start())
    await expect(made.clock.settle(app.closed)).rejects.toThrow('gone')
  })
})

describe('a record that the broker refuses', () => {
  const refuseFirst = (made: MemoryCluster, topic: string): void => {
    made.kafka.refuse = (record) => (record.topic === topic ? new Error('too large') : undefined)
  }

  test('with fail stops the app, and no offset behind it is committed', async () => {
    const made = cluster(1)
    made.write('lines', lines)
    refuseFirst(made, topics.ids)
    const app = made.app(wordIds, { config })
    await made.clock.settle(app.start())
    await expect(made.clock.settle(app.closed)).rejects.toThrow(/could not write to ids: too large/)
    const committed = made.kafka.events.flatMap((event) => (event.kind === 'commit' ? event.offsets : []))
    expect(committed.filter(({ topic }) => topic === topics.repartition)).toEqual([])
  })

  test('with continue is left out, and the app goes on', async () => {
    const made = cluster(1)
    made.write('lines', lines)
    refuseFirst(made, topics.ids)
    const app = made.app(wordIds, { config: { ...config, errors: { produce: 'continue' } } })
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => caughtUp(made))
    await made.clock.settle(app.stop())
    expect(made.kafka.records(topics.ids)).toEqual([])
    expect(app.metrics().tasks.some((task) => (task.errors['produce:continue'] ?? 0) > 0)).toBe(true)
  })

  test('with dead-letter goes to the dead-letter topic with its cause, before its offset is committed', async () => {
    const made = cluster(1)
    made.write('lines', lines)
    refuseFirst(made, topics.ids)
    const app = made.app(wordIds, {
      config: { ...config, deadLetterTopic: 'dead', errors: { produce: 'dead-letter' } },
    })
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => caughtUp(made))
    await made.clock.settle(app.stop())
    expect(latestIds(made.kafka.records('dead'))).toEqual(expectedIds(lines))
    const headers = made.kafka
      .records('dead')[0]!
      .headers.map(([name, value]) => `${name}=${new TextDecoder().decode(value ?? undefined)}`)
    expect(headers).toContain('__streams.errors.topic=ids')
    expect(headers.join()).toContain('too large')
  })

  test('of a changelog always stops the app: state must not be lost', async () => {
    const made = cluster(1)
    made.write('lines', lines)
    refuseFirst(made, topics.changelog)
    const app = made.app(wordIds, { config: { ...config, errors: { produce: 'continue' } } })
    await made.clock.settle(app.start())
    await expect(made.clock.settle(app.closed)).rejects.toThrow(/could not write to word-ids-ids-changelog/)
  })
})
