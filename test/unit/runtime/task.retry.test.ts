import { describe, expect, test } from 'vitest'
import { bytes, json, string, topology, tumbling, hopping, type KStream, type OnError } from 'millrace'
import { createTestDriver, type TestDriverOptions, type TopologyTestDriver } from 'millrace/testing'

const serdes = { key: string(), value: json<number>() }
const thrice: OnError = { retry: { attempts: 3, backoff: 100, multiplier: 2 }, then: 'skip' }

interface Rig {
  readonly driver: TopologyTestDriver
  pipe(key: string, value: number): void
  /** What came out since the last call. */
  out(): readonly string[]
}

async function rig(declare: (stream: KStream<string, number>) => void, options: TestDriverOptions = {}): Promise<Rig> {
  const numbers = topology('numbers', (builder) => declare(builder.stream('in', serdes)))
  const driver = await createTestDriver(numbers, options)
  const input = await driver.inputTopic('in', serdes)
  const output = await driver.outputTopic('out', serdes)
  return {
    driver,
    pipe: (key, value) => input.pipe({ key, value, timestamp: 0 }),
    out: () => output.read().map(({ key, value }) => `${key}=${value}`),
  }
}

/** Throws the first `times` times that it sees `value`. */
function failing(value: number, times: number): (seen: number) => number {
  let left = times
  return (seen) => {
    if (seen === value && left-- > 0) throw new RangeError('not yet')
    return seen
  }
}

describe('retry', () => {
  test('the record is tried again after the wait, and later records wait behind it', async () => {
    const { driver, pipe, out } = await rig((stream) =>
      stream.mapValues(failing(2, 2), { onError: thrice }).to('out', serdes),
    )
    for (const value of [1, 2, 3]) pipe('a', value)
    expect(out()).toEqual(['a=1'])
    driver.advanceWallClockTime(99)
    expect(out()).toEqual([])
    driver.advanceWallClockTime(1)
    expect(out()).toEqual([])
    driver.advanceWallClockTime(199)
    expect(out()).toEqual([])
    driver.advanceWallClockTime(1)
    expect(out()).toEqual(['a=2', 'a=3'])
  })

  test('when the tries are used up, `then` decides', async () => {
    const { driver, pipe, out } = await rig((stream) =>
      stream.mapValues(failing(2, 9), { onError: thrice }).to('out', serdes),
    )
    for (const value of [1, 2, 3]) pipe('a', value)
    for (let step = 0; step < 3; step++) driver.advanceWallClockTime(200)
    expect(out()).toEqual(['a=1', 'a=3'])
    const { errors } = driver.metrics().tasks[0]!
    expect(errors).toEqual({ 'process:retry': 2, 'process:continue': 1 })
  })

  test('a longer advance of the clock comes by every try, each at its time', async () => {
    const { driver, pipe, out } = await rig((stream) =>
      stream.mapValues(failing(2, 2), { onError: thrice }).to('out', serdes),
    )
    for (const value of [1, 2, 3]) pipe('a', value)
    driver.advanceWallClockTime(300)
    expect(out()).toEqual(['a=1', 'a=2', 'a=3'])
  })

  test('what came before the step does not run again, and what comes after it runs once, in order', async () => {
    const seen: string[] = []
    const { driver, pipe } = await rig((stream) => {
      const peeked = stream.peek((value) => seen.push(`before ${value}`))
      peeked.mapValues(failing(1, 1), { onError: thrice }).foreach((value) => seen.push(`behind ${value}`))
      peeked.foreach((value) => seen.push(`beside ${value}`))
    })
    pipe('a', 1)
    expect(seen).toEqual(['before 1'])
    driver.advanceWallClockTime(100)
    expect(seen).toEqual(['before 1', 'behind 1', 'beside 1'])
  })

  test('the records that one record became keep their order', async () => {
    const { driver, pipe, out } = await rig((stream) =>
      stream
        .flatMapValues((value) => [value, value + 1, value + 2])
        .mapValues(failing(2, 1), { onError: thrice })
        .to('out', serdes),
    )
    pipe('a', 1)
    pipe('b', 7)
    driver.advanceWallClockTime(100)
    expect(out()).toEqual(['a=1', 'a=2', 'a=3', 'b=7', 'b=8', 'b=9'])
  })

  test('a processor that forwards and then throws forwards once', async () => {
    const fail = failing(1, 1)
    const { driver, pipe, out } = await rig((stream) =>
      stream
        .process(
          () => ({
            process(record, context) {
              context.forward(record)
              context.forward({ ...record, value: fail(record.value) * 10 })
            },
          }),
          { onError: thrice },
        )
        .to('out', serdes),
    )
    pipe('a', 1)
    driver.advanceWallClockTime(100)
    expect(out()).toEqual(['a=1', 'a=10'])
  })

  test('an aggregate counts a record once, in every window of it', async () => {
    let calls = 0
    const { driver, pipe, out } = await rig((stream) =>
      stream
        .groupByKey()
        .windowedBy(hopping({ size: 20, advance: 10, grace: 0 }))
        .aggregate(
          () => 0,
          (sum, value) => {
            // The second window of the second record.
            if (++calls === 3) throw new RangeError('not yet')
            return sum + value
          },
          { value: json(), onError: thrice },
        )
        .toStream({ selectKey: (_, { key, window }) => `${key}@${window.start}`, key: string() })
        .to('out', { key: string(), value: json<number | null>() as never }),
    )
    pipe('a', 1)
    pipe('a', 1)
    driver.advanceWallClockTime(100)
    const last = new Map(out().map((each) => each.split('=') as [string, string]))
    expect(last.get('a@0')).toBe('2')
  })

  test('nothing of a held record is committed', async () => {
    const { driver, pipe } = await rig((stream) => {
      stream
        .groupByKey()
        .windowedBy(tumbling({ size: 10, grace: 0 }))
        .count({ store: 'counts' })
      stream.mapValues(failing(1, 1), { onError: thrice }).to('out', serdes)
    })
    const changelog = await driver.outputTopic('numbers-counts-changelog', { key: bytes(), value: bytes() })
    pipe('a', 1)
    expect(changelog.read()).toEqual([])
    driver.advanceWallClockTime(100)
    expect(changelog.read()).toHaveLength(1)
  })
})

describe('a step that time alone makes run', () => {
  const punctual = (stream: KStream<string, number>): KStream<string, number> =>
    stream.process(() => ({
      init: (context) => {
        context.schedule(1_000, 'wall-clock-time', (at) => context.forward({ key: 'tick', value: at, timestamp: at }))
      },
      process: () => {},
    }))

  test('below a punctuation is tried again, and what comes next waits behind it', async () => {
    const { driver, pipe, out } = await rig((stream) => {
      const ticks = punctual(stream).mapValues(failing(1_000, 2), { onError: thrice })
      ticks.merge(stream).to('out', serdes)
    })
    driver.advanceWallClockTime(1_000)
    pipe('a', 1)
    expect(out()).toEqual([])
    driver.advanceWallClockTime(299)
    expect(out()).toEqual([])
    driver.advanceWallClockTime(1)
    expect(out()).toEqual(['tick=1000', 'a=1'])
  })

  test('below a window that closed in idle time is tried again', async () => {
    const { driver, pipe, out } = await rig(
      (stream) =>
        stream
          .groupByKey()
          .windowedBy(tumbling({ size: '1m', grace: 0 }))
          .emitStrategy('window-close')
          .count()
          .toStream({ selectKey: (_, { key }) => key, key: string() })
          .mapValues((count) => failOnce(count ?? 0), { onError: thrice })
          .to('out', serdes),
      { idleAfter: '1s' },
    )
    const failOnce = failing(1, 1)
    pipe('a', 7)
    driver.advanceWallClockTime('2m')
    expect(out()).toEqual(['a=1'])
  })

  test('stops the app when the tries are used up: there is no record to leave out', async () => {
    const { driver } = await rig((stream) =>
      punctual(stream).mapValues(failing(1_000, 9), { onError: thrice }).to('out', serdes),
    )
    driver.advanceWallClockTime(1_000)
    driver.advanceWallClockTime(299)
    expect(() => driver.advanceWallClockTime(1)).toThrow(/failed in a punctuation: RangeError: not yet/)
  })
})
