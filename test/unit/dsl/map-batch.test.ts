import { describe, expect, test } from 'vitest'
import { json, string, topology, type BatchMapper, type FailedRecord, type MapBatchOptions } from 'millrace'
import { createTestDriver, type TestDriverOptions, type TopologyTestDriver } from 'millrace/testing'

const serdes = { key: string(), value: json<number>() }

interface Rig {
  readonly driver: TopologyTestDriver
  pipe(...values: readonly (number | null)[]): void
  read(): readonly string[]
}

async function rig(
  mapper: BatchMapper<string, number, number>,
  options: MapBatchOptions<number>,
  { spread = 1, ...driverOptions }: TestDriverOptions & { readonly spread?: number } = {},
): Promise<Rig> {
  const built = topology('rig', (builder) =>
    builder
      .stream('in', serdes)
      .flatMapValues((value) => Array.from({ length: spread }, () => value))
      .mapBatch(mapper, { name: 'model', ...options })
      .to('out', serdes),
  )
  const driver = await createTestDriver(built, driverOptions)
  const input = await driver.inputTopic('in', serdes)
  const output = await driver.outputTopic('out', serdes)
  let time = 0
  return {
    driver,
    pipe: (...values) => values.forEach((value) => input.pipe({ key: `k${time}`, value, timestamp: ++time })),
    read: () => output.read().map(({ key, value, timestamp }) => `${key}=${value}@${timestamp}`),
  }
}

const noted =
  (sizes: number[]): BatchMapper<string, number, number> =>
  (records) => {
    sizes.push(records.length)
    return records.map(({ value }) => value * 10)
  }

describe('a batch', () => {
  test('goes when it is full; the rest goes when there is nothing else to do', async () => {
    const sizes: number[] = []
    const { pipe, read } = await rig(noted(sizes), { maxRecords: 3 }, { spread: 7 })
    pipe(1)
    expect(sizes).toEqual([3, 3, 1])
    expect(read()).toEqual(Array.from({ length: 7 }, () => 'k0=10@1'))
  })

  test('waits for company as long as maxWait says, from its first record on, and no longer', async () => {
    const sizes: number[] = []
    const { pipe, read, driver } = await rig(noted(sizes), { maxRecords: 3, maxWait: '1s' })
    pipe(1)
    driver.advanceWallClockTime(900)
    pipe(2)
    driver.advanceWallClockTime(99)
    expect(sizes).toEqual([])
    driver.advanceWallClockTime(1)
    expect(sizes).toEqual([2])
    pipe(3, 4, 5)
    expect(sizes).toEqual([2, 3])
    driver.advanceWallClockTime('1m')
    expect(sizes).toEqual([2, 3])
    expect(read()).toEqual(['k0=10@1', 'k1=20@2', 'k2=30@3', 'k3=40@4', 'k4=50@5'])
  })

  test('gets tombstones too, and each result has key, time and place of its record', async () => {
    const seen: unknown[] = []
    const { pipe, read } = await rig(
      (records) => {
        seen.push(...records.map(({ key, value, timestamp }) => [key, value, timestamp]))
        return records.map(() => null as never)
      },
      { maxRecords: 2 },
    )
    pipe(1, null)
    expect(seen).toEqual([
      ['k0', 1, 1],
      ['k1', null, 2],
    ])
    expect(read()).toEqual(['k0=null@1', 'k1=null@2'])
  })
})

test('batches overlap as concurrency says, and results still come in the order of the records', async () => {
  const answers: (() => void)[] = []
  const { pipe, read, driver } = await rig(
    (records) =>
      new Promise((resolve) => {
        answers.push(() => resolve(records.map(({ value }) => value)))
      }),
    { maxRecords: 1, concurrency: 2 },
  )
  pipe(1, 2, 3, 4, 5)
  expect(answers.length).toBe(2)
  expect(driver.metrics().tasks[0]!.recordsIn, 'one more than is under way is gathered').toBe(3)
  answers[1]!()
  await new Promise(setImmediate)
  expect(read()).toEqual([])
  answers[0]!()
  while (answers.length < 5) {
    await new Promise(setImmediate)
    pipe()
    await Promise.race([driver.settled(), new Promise(setImmediate)])
    answers.at(-1)!()
    answers.at(-2)!()
  }
  await driver.settled()
  expect(read()).toEqual(['k0=1@1', 'k1=2@2', 'k2=3@3', 'k3=4@4', 'k4=5@5'])
})

describe('a batch that fails', () => {
  test('with another number of results than records says so, after its retries', async () => {
    let calls = 0
    const { pipe, driver } = await rig(
      async (records) => {
        calls++
        return records.slice(1).map(({ value }) => value)
      },
      { maxRecords: 5, retries: { attempts: 2, backoff: '1s' } },
      { spread: 3 },
    )
    pipe(1)
    await driver.settled()
    driver.advanceWallClockTime('1s')
    await expect(driver.settled()).rejects.toThrow(
      'model failed on the record at in-0 offset 0: RangeError: it gave 2 results for a batch of 3 records: one for each, in their order, is expected',
    )
    expect(calls).toBe(2)
  })

  test('with nothing at all says so too', async () => {
    const { pipe } = await rig(() => undefined as never, { maxRecords: 5 })
    expect(() => pipe(1)).toThrow('it gave no list of results for a batch of 1 records')
  })

  test('asks the handler about each of its records, in order', async () => {
    const asked: number[] = []
    const process = (_error: Error, { offset }: FailedRecord): 'continue' => {
      asked.push(offset)
      return 'continue'
    }
    const { pipe, read, driver } = await rig(
      async (records) => {
        if (records.some(({ value }) => value === 2)) throw new Error('no two')
        return records.map(({ value }) => value)
      },
      { maxRecords: 2, maxWait: '1m' },
      { errors: { process } },
    )
    pipe(1, 2, 3, 4)
    await driver.settled()
    expect(asked).toEqual([0, 1])
    expect(read()).toEqual(['k2=3@3', 'k3=4@4'])
  })

  test('for want of time is tried again, whole', async () => {
    const tries: [attempt: number, size: number][] = []
    const { pipe, read, driver } = await rig(
      (records, { attempt }) => {
        tries.push([attempt, records.length])
        return attempt === 1 ? new Promise(() => {}) : records.map(({ value }) => value)
      },
      { maxRecords: 2, timeout: 500, retries: { attempts: 2, backoff: 100 } },
      { spread: 2 },
    )
    pipe(1)
    driver.advanceWallClockTime(500)
    driver.advanceWallClockTime(100)
    expect(tries).toEqual([
      [1, 2],
      [2, 2],
    ])
    expect(read()).toEqual(['k0=1@1', 'k0=1@1'])
  })
})

test('what cannot be meant is said', async () => {
  const problems = rig((records) => records.map(() => 1), { maxRecords: 0, maxWait: -1, concurrency: 1.5 })
  await expect(problems).rejects.toMatchObject({
    problems: [{ problem: 'concurrency is 1.5' }, { problem: 'maxRecords is 0' }, { problem: 'maxWait is -1 ms' }],
  })
})
