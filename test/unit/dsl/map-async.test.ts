import { describe, expect, test } from 'vitest'
import {
  json,
  ProcessingError,
  string,
  topology,
  TopologyError,
  type AsyncContext,
  type FailedRecord,
  type KStream,
  type MapAsyncOptions,
} from 'millrace'
import { createTestDriver, type TestDriverOptions, type TopologyTestDriver } from 'millrace/testing'
import { HeldCalls } from '../../support/held-calls.ts'

const serdes = { key: string(), value: json<number>() }

interface Rig {
  readonly driver: TopologyTestDriver
  /** Key and value; timestamps count up from 1. */
  pipe(...records: readonly (readonly [key: string, value: number])[]): void
  read(): readonly string[]
  /** What came out once everything that can has settled. */
  settled(): Promise<readonly string[]>
}

async function rig(
  declare: (input: KStream<string, number>) => KStream<string, any>,
  options: TestDriverOptions = {},
): Promise<Rig> {
  const built = topology('rig', (builder) => declare(builder.stream('in', serdes)).to('out', serdes))
  const driver = await createTestDriver(built, options)
  const input = await driver.inputTopic('in', serdes)
  const output = await driver.outputTopic('out', serdes)
  const read = (): readonly string[] => output.read().map(({ key, value, timestamp }) => `${key}=${value}@${timestamp}`)
  let time = 0
  return {
    driver,
    read,
    pipe: (...records) => records.forEach(([key, value]) => input.pipe({ key, value, timestamp: ++time })),
    async settled() {
      await flushed()
      await Promise.race([driver.settled(), flushed()])
      return read()
    },
  }
}

/** Everything that is ready has run. */
const flushed = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

const held = async (
  options: MapAsyncOptions,
  driverOptions?: TestDriverOptions,
): Promise<{ readonly calls: HeldCalls<number, number>; readonly it: Rig }> => {
  const calls = new HeldCalls<number, number>()
  const it = await rig(
    (input) => input.mapValuesAsync((value, _key, context) => calls.call(value, context), options),
    driverOptions,
  )
  return { calls, it }
}

test('replaces key and value; time and headers are those of the record', async () => {
  const { driver, pipe, settled } = await rig((input) =>
    input.mapAsync(async (value, key) => ({ key: `${key}!`, value: await Promise.resolve(value + 1) }), serdes),
  )
  pipe(['a', 1])
  expect((await driver.outputTopic('out', serdes)).read()).toEqual([])
  expect(await settled()).toEqual(['a!=2@1'])
})

test('gives null where the function gives undefined, and takes an answer that is no promise', async () => {
  const { driver, read, pipe } = await rig((input) =>
    input.mapValuesAsync((value) => (value === 1 ? undefined : value) as number),
  )
  pipe(['a', 1], ['a', 2])
  await driver.settled()
  expect(read()).toEqual(['a=null@1', 'a=2@2'])
})

test('a call knows its record', async () => {
  let seen: AsyncContext | undefined
  const { pipe } = await rig((input) =>
    input.mapValuesAsync(async (value, _key, context) => {
      seen = context
      return value
    }),
  )
  pipe(['a', 1], ['a', 2])
  expect(seen).toMatchObject({
    attempt: 1,
    timestamp: 1,
    headers: [],
    metadata: { topic: 'in', partition: 0, offset: 0 },
  })
  expect(seen!.signal.aborted).toBe(false)
})

describe('order', () => {
  test('by key: one call of a key at a time, in order; other keys overtake', async () => {
    const { calls, it } = await held({})
    it.pipe(['a', 1], ['a', 2], ['b', 3], ['a', 4])
    expect(calls.waiting).toEqual([1, 3])
    calls.answer(3, 30)
    expect(await it.settled()).toEqual(['b=30@3'])
    calls.answer(1, 10)
    expect(await it.settled()).toEqual(['a=10@1'])
    calls.answer(2, 20)
    await it.settled()
    calls.answer(4, 40)
    expect(await it.settled()).toEqual(['a=40@4'])
  })

  test('by partition: calls overlap, and results come out as the records came in', async () => {
    const { calls, it } = await held({ order: 'partition' })
    it.pipe(['a', 1], ['a', 2], ['b', 3])
    expect(calls.waiting).toEqual([1, 2, 3])
    calls.answer(3, 30)
    calls.answer(2, 20)
    expect(await it.settled()).toEqual([])
    calls.answer(1, 10)
    expect(await it.settled()).toEqual(['a=10@1', 'a=20@2', 'b=30@3'])
  })

  test('none: results come out as calls finish, of one key too', async () => {
    const { calls, it } = await held({ order: 'none' })
    it.pipe(['a', 1], ['a', 2])
    calls.answer(2, 20)
    expect(await it.settled()).toEqual(['a=20@2'])
    calls.answer(1, 10)
    expect(await it.settled()).toEqual(['a=10@1'])
  })

  test('by key knows keys that are objects by what is in them', async () => {
    const calls = new HeldCalls<number, number>()
    const { pipe, settled } = await rig((input) =>
      input
        .map((value, key) => ({ key: value % 2 === 0 ? { key, n: 1 } : { n: 1, key }, value }))
        .mapAsync(async (value, { key }, context) => ({ key, value: await calls.call(value, context) })),
    )
    pipe(['a', 1], ['a', 2], ['b', 3])
    expect(calls.waiting).toEqual([1, 3])
    calls.answer(1, 10)
    expect(await settled()).toEqual(['a=10@1'])
    expect(calls.waiting).toEqual([3, 2])
  })
})

describe('bounds', () => {
  test('no more calls are under way than concurrency says, and no more records taken than four times as many', async () => {
    const { calls, it } = await held({ concurrency: 2, order: 'none' })
    it.pipe(...Array.from({ length: 20 }, (_, index) => ['a', index] as const))
    expect(calls.waiting).toEqual([0, 1])
    expect(it.driver.metrics().tasks[0]!.recordsIn).toBe(8)
    for (let index = 0; index < 20; index++) {
      calls.answer(index, index)
      await it.settled()
    }
    expect(calls.most).toBe(2)
    expect(calls.inputs).toEqual(Array.from({ length: 20 }, (_, index) => index))
    expect(it.driver.metrics().tasks[0]!.recordsIn).toBe(20)
  })

  test('a call that rests before its next try keeps its place', async () => {
    const { calls, it } = await held({ concurrency: 1, order: 'none', retries: { attempts: 2, backoff: '1s' } })
    it.pipe(['a', 1], ['b', 2])
    calls.fail(1, new Error('busy'))
    await it.settled()
    expect(calls.waiting).toEqual([])
    it.driver.advanceWallClockTime('1s')
    expect(calls.waiting).toEqual([1])
  })
})

describe('time-outs and retries', () => {
  test('a call that does not answer in time has failed: its signal says so, and what it answers later is not heard', async () => {
    const { calls, it } = await held({ timeout: '2s', retries: { attempts: 2, backoff: '1s' } })
    it.pipe(['a', 1])
    it.driver.advanceWallClockTime(1_999)
    expect(calls.waiting).toEqual([1])
    it.driver.advanceWallClockTime(1)
    const first = calls.drop(1)
    expect([first.signal.aborted, String(first.signal.reason)]).toEqual([
      true,
      'TimeoutError: no answer within 2000 ms',
    ])
    it.driver.advanceWallClockTime('1s')
    expect(calls.waiting).toEqual([1])
    calls.answer(1, 10)
    expect(await it.settled()).toEqual(['a=10@1'])
  })

  test('waits grow as the policy says, and each try has its number', async () => {
    const attempts: [attempt: number, atMs: number][] = []
    let nowMs = 0
    const it = await rig((input) =>
      input.mapValuesAsync(
        async (value, _key, { attempt }) => {
          attempts.push([attempt, nowMs])
          if (attempt < 5) throw new Error('busy')
          return value
        },
        { retries: { attempts: 5, backoff: 100, multiplier: 3, maxBackoff: 500 } },
      ),
    )
    it.pipe(['a', 7])
    for (; nowMs < 2_000; nowMs += 50) {
      await it.settled()
      it.driver.advanceWallClockTime(50)
    }
    expect(attempts).toEqual([
      [1, 0],
      [2, 50],
      [3, 350],
      [4, 850],
      [5, 1_350],
    ])
  })

  test('settled does not wait for the wall clock', async () => {
    const it = await rig((input) =>
      input.mapValuesAsync<number>(() => Promise.reject(new Error('busy')), { retries: { attempts: 2 } }),
    )
    it.pipe(['a', 1])
    await it.driver.settled()
    expect(it.read()).toEqual([])
  })
})

describe('when the last try has failed', () => {
  const failing = (input: KStream<string, number>): KStream<string, number> =>
    input.mapValuesAsync(
      async (value) => {
        await flushed()
        if (value === 2) throw new RangeError('no two')
        return value
      },
      { name: 'ask' },
    )

  test('fail: the error has the place of the record, and the cause', async () => {
    const it = await rig(failing)
    it.pipe(['a', 1], ['b', 2])
    const error: unknown = await it.driver.settled().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(ProcessingError)
    const { topic, partition, offset, nodeName, cause, message } = error as ProcessingError
    expect({ topic, partition, offset, nodeName }).toEqual({ topic: 'in', partition: 0, offset: 1, nodeName: 'ask' })
    expect(cause).toEqual(new RangeError('no two'))
    expect(message).toBe('ask failed on the record at in-0 offset 1: RangeError: no two')
    expect(() => it.pipe(['c', 3]), 'the app would have stopped').toThrow('no two')
  })

  test('continue: the record is left out, those behind it are not', async () => {
    const asked: FailedRecord[] = []
    const process = (_error: ProcessingError, record: FailedRecord): 'continue' => {
      asked.push(record)
      return 'continue'
    }
    const it = await rig(failing, { errors: { process } })
    it.pipe(['a', 1], ['b', 2], ['b', 3])
    await it.driver.settled()
    expect(it.read()).toEqual(['a=1@1', 'b=3@3'])
    expect(asked.map(({ offset, value, nodeName }) => [offset, String(value), nodeName])).toEqual([[1, '2', 'ask']])
    expect(it.driver.metrics().tasks[0]!.errors).toEqual({ 'process:continue': 1 })
  })

  test('dead-letter: the record as it came, with the cause', async () => {
    const it = await rig(failing, { errors: { process: () => 'dead-letter' }, deadLetterTopic: 'dead' })
    it.pipe(['a', 1], ['b', 2])
    await it.driver.settled()
    const [letter, ...more] = (await it.driver.outputTopic('dead', serdes)).read()
    expect(letter).toMatchObject({ key: 'b', value: 2, timestamp: 2 })
    expect(more).toEqual([])
    expect(letter!.headers!.map(([name, value]) => `${name}=${Buffer.from(value!).toString()}`)).toContain(
      '__streams.errors.offset=1',
    )
  })

  test('what a node behind it does with the result fails there, with the same place', async () => {
    const it = await rig((input) =>
      input
        .mapValuesAsync(async (value) => value)
        .mapValues(
          (): number => {
            throw new Error('behind')
          },
          { name: 'behind' },
        ),
    )
    it.pipe(['a', 1])
    await expect(it.driver.settled()).rejects.toMatchObject({ nodeName: 'behind', topic: 'in', offset: 0 })
  })

  test('a function that throws instead of rejecting, or gives no key and value, fails in the same way', async () => {
    for (const mapper of [
      () => null as never,
      (): never => {
        throw new TypeError('at once')
      },
    ]) {
      const it = await rig((input) => input.mapAsync(mapper, { name: 'ask', ...serdes }))
      const failed = async (): Promise<void> => {
        it.pipe(['a', 1])
        await it.driver.settled()
      }
      await expect(failed()).rejects.toMatchObject({
        nodeName: 'ask',
        offset: 0,
        cause: expect.any(TypeError) as unknown,
      })
    }
  })
})

test('one record that becomes many, through two asynchronous steps and a table, loses none', async () => {
  const it = await rig((input) =>
    input
      .flatMapValues((value) => Array.from({ length: value }, (_, index) => index))
      .mapValuesAsync(async (value) => {
        await flushed()
        return value + 1
      })
      .mapValuesAsync(async (value) => value * 10, { concurrency: 1 })
      .groupByKey(serdes)
      .reduce((sum, value) => sum + value)
      .toStream(),
  )
  it.pipe(['a', 4])
  await it.driver.settled()
  expect(it.read().at(-1)).toBe('a=100@1')
})

test('what a processor forwards from a punctuation is taken like a record, without a place', async () => {
  const places: unknown[] = []
  const it = await rig((input) =>
    input
      .process<string, number>(() => ({
        init: (context) =>
          void context.schedule('1s', 'wall-clock-time', (timestamp) =>
            context.forward({ key: 'tick', value: 1, timestamp }),
          ),
        process() {},
      }))
      .mapValuesAsync(async (value, _key, { metadata }) => {
        places.push(metadata)
        return value
      }),
  )
  it.driver.advanceWallClockTime('1s')
  await it.driver.settled()
  expect(it.read()).toEqual(['tick=1@1000'])
  expect(places).toEqual([undefined])
})

test('a processor behind it sees where the record came from', async () => {
  const places: unknown[] = []
  const it = await rig((input) =>
    input
      .mapValuesAsync(async (value) => value, { order: 'none' })
      .processValues<number>(() => ({
        process: (record, context) => {
          places.push(context.recordMetadata)
          context.forward(record)
        },
      })),
  )
  it.pipe(['a', 1], ['b', 2])
  await it.driver.settled()
  expect(places).toEqual([0, 1].map((offset) => ({ topic: 'in', partition: 0, offset })))
})

test('what cannot be meant is said, all of it', () => {
  const declare = () =>
    rig((input) =>
      input.mapValuesAsync((value) => value, {
        name: 'ask',
        concurrency: 0,
        order: 'any' as 'none',
        timeout: 0,
        retries: { attempts: 0, backoff: 'soon' as '1s' },
      }),
    )
  return expect(declare()).rejects.toMatchObject({
    problems: [
      { path: 'backoff of ask' },
      { path: 'ask', problem: 'concurrency is 0' },
      { path: 'ask', problem: 'attempts of retries is 0' },
      { path: 'ask', problem: 'timeout is 0 ms' },
      { path: 'ask', problem: 'order is any' },
    ],
    constructor: TopologyError,
  })
})

test('the key that mapAsync gives is repartitioned where it is needed, that of mapValuesAsync is kept', () => {
  const plans = topology('plans', (builder) => {
    const input = builder.stream('in', serdes)
    input
      .mapValuesAsync((value) => value, serdes)
      .groupByKey()
      .count({ store: 'kept' })
    input
      .mapAsync((value, key) => ({ key, value }), serdes)
      .groupByKey()
      .count({ store: 'moved' })
  })
  return createTestDriver(plans).then(({ plan }) => {
    const repartitions = plan.internalTopics.filter(({ kind }) => kind === 'repartition').map(({ name }) => name)
    expect(repartitions).toEqual(['plans-moved-repartition'])
  })
})
