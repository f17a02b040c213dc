import { describe, expect, test } from 'vitest'
import { TaskIdleness } from '../../../src/runtime/task-idleness.ts'

const idleAfterMs = 1_000
const [a, b] = [
  { topic: 'a', partition: 0 },
  { topic: 'b', partition: 0 },
]

class Inputs {
  readonly inputs = [a, b]
  bufferedTotal = 0
  readonly inFlight = { isEmpty: true }
  heldUntilMs: number | undefined
  readonly ends = new Map([
    ['a', 5],
    ['b', 0],
  ])
  readonly positions = new Map([
    ['a', 5],
    ['b', 0],
  ])
  readonly fetchedAt = new Map([
    ['a', 0],
    ['b', 0],
  ])
  readonly idleness = new TaskIdleness(
    this,
    {
      highWatermark: ({ topic }) => this.ends.get(topic),
      position: ({ topic }) => this.positions.get(topic),
      fetchedAtMs: ({ topic }) => this.fetchedAt.get(topic),
    },
    idleAfterMs,
  )

  /** A turn of the thread, right after both inputs were asked for. */
  turn(nowMs: number): number {
    for (const topic of this.fetchedAt.keys()) this.fetchedAt.set(topic, nowMs)
    this.idleness.observe(nowMs)
    return this.idleness.take()
  }
}

describe('a task without input', () => {
  test('is idle after the time that was asked for; then all of it has passed, and each millisecond once', () => {
    const inputs = new Inputs()
    expect([0, 400, 999.5, 1_000.25, 1_001, 1_500].map((now) => inputs.turn(now))).toEqual([0, 0, 0, 1_000, 1, 499])
  })

  test('waits anew from its last record on, also when that came and went between two looks', () => {
    const inputs = new Inputs()
    inputs.turn(0)
    inputs.turn(1_200)
    inputs.ends.set('b', 1)
    inputs.positions.set('b', 1)
    expect([1_300, 2_299, 2_300].map((now) => inputs.turn(now))).toEqual([0, 0, 1_000])
  })

  test('tells when it will be idle, so that the thread wakes for it', () => {
    const inputs = new Inputs()
    expect(inputs.idleness.nextDeadlineMs).toBeUndefined()
    inputs.turn(200)
    expect(inputs.idleness.nextDeadlineMs).toBe(1_200)
    inputs.turn(1_200)
    expect(inputs.idleness.nextDeadlineMs).toBeUndefined()
  })
})

describe('a task is not idle', () => {
  const reasons: readonly (readonly [string, (inputs: Inputs) => void])[] = [
    ['while records wait in it', (inputs) => void (inputs.bufferedTotal = 1)],
    ['while a record is held', (inputs) => void (inputs.heldUntilMs = 0)],
    ['while something is in flight', (inputs) => void (inputs.inFlight.isEmpty = false)],
    ['while the broker holds more for one of its inputs', (inputs) => void inputs.ends.set('b', 1)],
    ['before it is known what the broker holds', (inputs) => void inputs.ends.delete('b')],
    ['before its position is known', (inputs) => void inputs.positions.delete('a')],
  ]

  test.each(reasons)('%s', (_, change) => {
    const inputs = new Inputs()
    inputs.turn(0)
    change(inputs)
    expect([900, 1_100, 5_000].map((now) => inputs.turn(now))).toEqual([0, 0, 0])
    expect(inputs.idleness.isQuiet).toBe(false)
  })

  test('after an interruption, until it has waited again', () => {
    const inputs = new Inputs()
    inputs.turn(0)
    inputs.idleness.interrupt()
    expect([1_000, 1_999, 2_000].map((now) => inputs.turn(now))).toEqual([0, 0, 1_000])
  })
})

test('while no broker answers for one of its inputs no time passes', () => {
  const inputs = new Inputs()
  inputs.turn(0)
  inputs.turn(1_500)
  inputs.fetchedAt.set('a', 60_000)
  inputs.idleness.observe(60_000)
  expect(inputs.idleness.take()).toBe(0)
  inputs.fetchedAt.set('b', 2_000)
  inputs.idleness.observe(60_001)
  expect(inputs.idleness.take()).toBe(500)
})
