import { expect, test } from 'vitest'
import { json, string, topology } from 'millrace'
import { MemoryCluster } from '../../support/memory-cluster.ts'
import { crashAt } from '../../support/memory-port.ts'

const serdes = { key: string(), value: json<number>() }
const config = { commitIntervalMs: 20, lingerMs: 2 }

/** Ids meet under one key in a repartition topic, which a crash may leave with repeats of its own. */
const once = topology('once', (builder) => {
  builder
    .stream('in', serdes)
    .selectKey((id) => `${id % 3}`, { key: string() })
    .dedupe({ id: (id) => id, within: '1h', name: 'ids' })
    .to('out', serdes)
})
const internal = 'once-ids-repartition'

/** Each id twice. */
const ids = Array.from({ length: 40 }, (_, index) => index % 20)

function cluster(seed: number): MemoryCluster {
  const made = new MemoryCluster(seed)
  made.kafka.createTopic('in', 2)
  made.kafka.createTopic('out', 1)
  made.write('in', ids)
  return made
}

const caughtUp = (made: MemoryCluster): boolean => made.caughtUp('once', ['in', internal])

function passed(made: MemoryCluster): readonly number[] {
  const decoder = new TextDecoder()
  return made.kafka.records('out').map(({ value }) => Number(decoder.decode(value ?? undefined)))
}

async function runToEnd(made: MemoryCluster): Promise<void> {
  const app = made.app(once, { config })
  await made.clock.settle(app.start())
  await made.clock.runUntil(() => caughtUp(made))
  await made.clock.settle(app.stop())
}

test('each id passes once, and once only after a restart', async () => {
  const made = cluster(1)
  for (let run = 0; run < 2; run++) {
    await runToEnd(made)
    expect(passed(made).toSorted((a, b) => a - b)).toEqual([...new Set(ids)])
    made.write('in', ids)
  }
})

test('a crash at any step loses no id', async () => {
  let crashes = 0
  for (let step = 1; step <= 40; step++) {
    const made = cluster(step)
    const crash = crashAt(step)
    const doomed = made.app(once, { config, step: crash.step })
    void doomed.start()
    await made.clock.runUntil(() => crash.crashed() || caughtUp(made))
    // One that did not crash lives, and would come back as a member that nothing ends.
    if (crash.crashed()) {
      crashes++
      made.expire('once', 1)
      await runToEnd(made)
    }
    expect(
      [...new Set(passed(made))].toSorted((a, b) => a - b),
      `crash at step ${step}`,
    ).toEqual([...new Set(ids)])
  }
  expect(crashes).toBeGreaterThan(10)
})

test('an id whose output was lost, while the changelog already had it, passes when it is read again', async () => {
  const made = cluster(1)
  made.kafka.refuse = ({ topic }) => (topic === 'out' ? new Error('no leader') : undefined)
  // Longer than a commit: outputs and changelog go in one flush.
  const app = made.app(once, { config: { ...config, lingerMs: 1_000 } })
  await made.clock.settle(app.start())
  await expect(made.clock.settle(app.closed)).rejects.toThrow('no leader')
  expect(made.kafka.records('once-ids-changelog')).not.toEqual([])
  expect(passed(made)).toEqual([])
  made.kafka.refuse = () => undefined
  await runToEnd(made)
  expect(passed(made).toSorted((a, b) => a - b)).toEqual([...new Set(ids)])
})
