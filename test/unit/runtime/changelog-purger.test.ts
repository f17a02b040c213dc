import { expect, test } from 'vitest'
import { ChangelogPurger } from '../../../src/runtime/changelog-purger.ts'
import type { AdminPort } from '../../../src/runtime/port.ts'
import { SimulatedClock } from '../../support/simulated-clock.ts'

const partition = { topic: 'c', partition: 0 }

/** A changelog that grows with `write`, and commits that come an interval apart. */
class Purging {
  readonly clock: SimulatedClock = new SimulatedClock()
  readonly deleted: number[] = []
  end = 0
  readonly purger: ChangelogPurger

  constructor() {
    const admin = {
      offsets: async () => [{ partition: 0, low: 0, high: this.end }],
      deleteRecords: async (offsets: readonly { offset: number }[]) =>
        void this.deleted.push(...offsets.map(({ offset }) => offset)),
    } as unknown as AdminPort
    this.purger = new ChangelogPurger({ admin, clock: this.clock, retentionMs: new Map([['c', 100]]), intervalMs: 10 })
  }

  write(timestamp: number): void {
    this.end++
    this.purger.observed('c', 0, timestamp)
  }

  async commit(): Promise<void> {
    await this.clock.advance(10)
    this.purger.committed()
    await this.purger.idle()
  }
}

test('what was noted goes when stream time has left it behind by the retention, and not before', async () => {
  const purging = new Purging()
  for (const timestamp of [5, 50, 20]) purging.write(timestamp)
  await purging.commit()
  await purging.commit()
  purging.write(150)
  await purging.commit()
  expect(purging.deleted).toEqual([])
  purging.write(151)
  await purging.commit()
  expect(purging.deleted).toEqual([3])
  await purging.commit()
  expect(purging.deleted).toEqual([3])
})

test('an end without a commit after it is no mark', async () => {
  const purging = new Purging()
  purging.write(1)
  await purging.commit()
  purging.end = 7 // somebody else wrote: the task had moved
  purging.purger.forget(partition)
  purging.purger.observed('c', 0, 500)
  await purging.commit()
  await purging.commit()
  expect(purging.deleted).toEqual([])
})

test('a long run keeps its notes few, and still deletes', async () => {
  const purging = new Purging()
  for (let timestamp = 0; timestamp < 1_000; timestamp++) {
    purging.write(timestamp)
    await purging.commit()
  }
  expect(purging.deleted.at(-1)).toBeGreaterThan(700)
  expect(purging.deleted.at(-1)).toBeLessThanOrEqual(901)
})

test('topics without a retention are left alone', async () => {
  const purging = new Purging()
  purging.purger.observed('other', 0, 1)
  await purging.commit()
  expect(purging.deleted).toEqual([])
})
