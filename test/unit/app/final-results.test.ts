import { beforeAll, describe, expect, test } from 'vitest'
import { finalIds, finalIdsTopics as topics, makeTicks } from '../../support/final-ids.ts'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { crashAt } from '../../support/memory-port.ts'
import type { Clock } from '../../../src/core/clock.ts'
import type { KafkaPort, ProducerPort } from '../../../src/runtime/port.ts'

const ticks = makeTicks(400)
const config = { commitIntervalMs: 20, lingerMs: 2 }

function cluster(seed: number): MemoryCluster {
  const made = new MemoryCluster(seed)
  made.kafka.createTopic(topics.ticks, 1)
  made.kafka.createTopic(topics.finals, 1)
  return made
}

const caughtUp = (made: MemoryCluster): boolean => made.caughtUp('final-ids', [topics.ticks, topics.repartition])

/** Final results in order, as `key@start ids`. */
function finals(made: MemoryCluster): readonly string[] {
  const text = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? undefined)
  return made.kafka.records(topics.finals).map(({ key, value }) => `${text(key)} ${text(value)}`)
}

/** What one run from end to end gives. */
let undisturbed: readonly string[]

beforeAll(async () => {
  const made = cluster(1)
  made.write(topics.ticks, ticks)
  const app = made.app(finalIds, { config })
  await made.clock.settle(app.start())
  await made.clock.runUntil(() => caughtUp(made))
  await made.clock.settle(app.stop())
  undisturbed = finals(made)
})

test('every window that closed has one result, in order, through gaps in time', () => {
  const closed = new Set(
    ticks
      .filter(({ time }) => time < ticks.at(-1)!.time - 3_600_000)
      .map(({ key, time }) => `${key}@${time - (time % 10_000)}`),
  )
  const windows = undisturbed.map((line) => line.split(' ')[0]!)
  expect(new Set(windows).size).toBe(windows.length)
  expect(closed.size).toBeGreaterThan(10)
  const starts = windows.map((window) => Number(window.split('@')[1]))
  expect(starts).toEqual(starts.toSorted((a, b) => a - b))
  const late = [...closed].filter((window) => !windows.includes(window))
  // A window is missing only when all of its records came too late.
  expect(late.length).toBeLessThan(closed.size / 3)
})

describe('a restart', () => {
  test.each([1, 2, 3, 4, 5, 6])('neither repeats nor loses a final result; seed %i', async (seed) => {
    const made = cluster(seed)
    made.write(topics.ticks, ticks)
    let lives = 0
    while (!caughtUp(made)) {
      lives++
      const app = made.app(finalIds, { config })
      await made.clock.settle(app.start())
      await made.clock.advance(5 + ((lives * seed * 7) % 45))
      await made.clock.settle(app.stop())
      expect(lives).toBeLessThan(200)
    }
    expect(lives).toBeGreaterThan(3)
    expect(finals(made)).toEqual(undisturbed)
  })

  test('leaves how far results went out as the last word of the changelog', async () => {
    const made = cluster(1)
    made.write(topics.ticks, ticks)
    const app = made.app(finalIds, { config })
    await made.clock.settle(app.start())
    await made.clock.runUntil(() => caughtUp(made))
    await made.clock.settle(app.stop())
    const last = made.kafka.records(topics.changelog).at(-1)!
    expect(Buffer.from(last.key!).toString()).toBe('taken')
  })
})

/** As if the leader of the results' partition were slower than all others: they are written last. */
function resultsLast(port: KafkaPort): KafkaPort {
  return {
    ...port,
    producer(options) {
      const inner = port.producer(options)
      const held: Parameters<ProducerPort['send']>[] = []
      return {
        connect: () => inner.connect(),
        send: (record, onFailed) =>
          record.topic === topics.finals ? void held.push([record, onFailed]) : inner.send(record, onFailed),
        async flush() {
          await inner.flush()
          for (const each of held.splice(0)) inner.send(...each)
          await inner.flush()
        },
        hasRoom: () => inner.hasRoom(),
        room: () => inner.room(),
        close: () => inner.close(),
      }
    },
  }
}

/** The simulated clock gives up when no timer is left, and an app that only reads repeated records sets none for long. */
function keepTicking(clock: Clock): void {
  clock.setTimer(5, () => keepTicking(clock))
}

async function runWithCrash(made: MemoryCluster, step: number, wrap: (port: KafkaPort) => KafkaPort): Promise<boolean> {
  made.write(topics.ticks, ticks)
  keepTicking(made.clock)
  const crash = crashAt(step)
  const doomed = made.app(finalIds, { config, step: crash.step, wrap })
  void doomed.start()
  await made.clock.runUntil(() => crash.crashed() || caughtUp(made))
  // It lives, and would come back as a member that a later crash leaves behind.
  if (!crash.crashed()) return false
  made.expire('final-ids', 1)
  const survivor = made.app(finalIds, { config })
  await made.clock.settle(survivor.start())
  await made.clock.runUntil(() => caughtUp(made))
  await made.clock.settle(survivor.stop())
  return crash.crashed()
}

describe('a crash at any step loses no final result, and changes none', () => {
  test.each([
    ['with results that are written in order', (port: KafkaPort) => port],
    ['with results that are written after the changelog', resultsLast],
  ])(
    '%s',
    async (_, wrap) => {
      let crashes = 0
      for (let step = 1; step <= 200; step += 3) {
        const made = cluster(step)
        if (await runWithCrash(made, step, wrap)) crashes++
        expect(new Set(finals(made)), `crash at step ${step}`).toEqual(new Set(undisturbed))
      }
      expect(crashes).toBeGreaterThan(10)
    },
    60_000,
  )
})
