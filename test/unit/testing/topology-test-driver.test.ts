import { describe, expect, test } from 'vitest'
import {
  avro,
  json,
  memoryRegistry,
  session,
  string,
  topology,
  tumbling,
  type StreamsBuilder,
  type Topology,
} from 'millrace'
import { createTestDriver, type TestRecord } from 'millrace/testing'

const serdes = { key: string(), value: json<number>() }

function declared(declare: (builder: StreamsBuilder) => void): Topology {
  return topology('shop', declare)
}

function at<V>(timestamp: number, key: string | null, value: V | null): TestRecord<string, V> {
  return { key, value, timestamp }
}

/** `key=value@timestamp` of each. */
function lines(records: readonly TestRecord<unknown, unknown>[]): readonly string[] {
  return records.map(({ key, value, timestamp }) => `${String(key)}=${String(value)}@${timestamp}`)
}

const counted = declared((builder) => {
  const counts = builder
    .stream('in', serdes)
    .groupBy((value) => `k${value}`, { key: string() })
    .count({ name: 'counts' })
  counts.toStream().to('out', { key: string(), value: json<number>() })
})

test('each input is processed to the end, through repartition topics, before pipe returns', async () => {
  const driver = await createTestDriver(counted)
  const input = await driver.inputTopic('in', serdes)
  const output = await driver.outputTopic('out', serdes)
  input.pipe(at(1, 'a', 7), at(2, 'b', 7))
  expect(lines(output.read())).toEqual(['k7=1@1', 'k7=2@2'])
  expect(output.read()).toEqual([])
  input.pipe(at(3, 'a', 8))
  expect(lines(output.read())).toEqual(['k8=1@3'])
})

test('internal topics can be read like any other; the application id is in their names', async () => {
  const driver = await createTestDriver(counted, { applicationId: 'app' })
  const input = await driver.inputTopic('in', serdes)
  input.pipe(at(1, 'a', 7), at(2, 'b', 7))
  const repartitioned = await driver.outputTopic('app-counts-repartition', serdes)
  expect(lines(repartitioned.read())).toEqual(['k7=7@1', 'k7=7@2'])
  const changelog = await driver.outputTopic('app-counts-changelog', {
    key: string(),
    value: { ...json<number>(), deserialize: (bytes) => bytes[7]! },
  })
  expect(lines(changelog.read())).toEqual(['k7=1@1', 'k7=2@2'])
  expect((await createTestDriver(counted)).plan.applicationId).toBe('shop')
})

test('two readers of an output see all of it, each at its own pace', async () => {
  const driver = await createTestDriver(counted)
  const input = await driver.inputTopic('in', serdes)
  const early = await driver.outputTopic('out', serdes)
  input.pipe(at(1, 'a', 7))
  early.read()
  input.pipe(at(2, 'a', 7))
  expect(lines(early.read())).toEqual(['k7=2@2'])
  expect(lines((await driver.outputTopic('out', serdes)).read())).toEqual(['k7=1@1', 'k7=2@2'])
})

test('null keys, null values and headers go in and come out', async () => {
  const driver = await createTestDriver(declared((builder) => builder.stream('in', serdes).to('out', serdes)))
  const input = await driver.inputTopic('in', serdes)
  const output = await driver.outputTopic('out', serdes)
  const headers = [
    ['trace', Buffer.from('1')],
    ['trace', null],
  ] as const
  input.pipe({ key: null, value: 1, timestamp: 5, headers }, at<number>(6, 'a', null))
  expect(output.read()).toEqual([
    { key: null, value: 1, timestamp: 5, headers },
    { key: 'a', value: null, timestamp: 6, headers: [] },
  ])
})

test('a topic that is both output and input is read again before pipe returns', async () => {
  const looped = declared((builder) => {
    const numbers = builder.stream('numbers', serdes)
    numbers
      .filter((value) => value > 0)
      .mapValues((value) => value - 1)
      .to('numbers', serdes)
  })
  const driver = await createTestDriver(looped)
  const input = await driver.inputTopic('numbers', serdes)
  const output = await driver.outputTopic('numbers', serdes)
  input.pipe(at(1, 'a', 3))
  expect(lines(output.read())).toEqual(['a=2@1', 'a=1@1', 'a=0@1'])
})

test('a topic that the topology does not read is an error that names those it reads', async () => {
  const driver = await createTestDriver(counted)
  const missing = {
    code: 'MILLRACE_TOPIC_MISSING',
    message: expect.stringContaining(
      'topic inn: it is not read; the topology reads in, shop-counts-repartition; check the name',
    ),
  }
  await expect(driver.inputTopic('inn', serdes)).rejects.toThrowError(expect.objectContaining(missing))
  expect(() => driver.pipe('inn', { key: null, value: null, timestamp: 0, headers: [] })).toThrowError(
    expect.objectContaining(missing),
  )
})

test('stores can be looked into', async () => {
  const windows = declared((builder) => {
    const grouped = builder.stream('in', serdes).groupByKey()
    grouped.count({ store: 'counts' })
    grouped.windowedBy(tumbling({ size: 10, grace: 0 })).count({ store: 'windows', retention: 100 })
    grouped.windowedBy(session({ gap: 5, grace: 0 })).count({ store: 'sessions' })
  })
  const driver = await createTestDriver(windows)
  const input = await driver.inputTopic('in', serdes)
  input.pipe(at(1, 'a', 1), at(4, 'a', 1), at(12, 'a', 1))
  expect(driver.keyValueStore('counts')!.get('a')).toEqual({ value: 3, timestamp: 12 })
  expect(driver.windowStore('windows')!.fetch('a', 0)).toEqual({ value: 2, timestamp: 4 })
  expect(driver.sessionStore('sessions')!.fetchSession('a', 12, 12)).toBe(1)
  expect(driver.keyValueStore('none')).toBeUndefined()
})

test('metrics count records in and out, drops and errors', async () => {
  const driver = await createTestDriver(counted, { errors: { decode: () => 'continue' } })
  const input = await driver.inputTopic('in', { key: string(), value: string() })
  input.pipe(at(1, 'a', '7'), at(2, 'a', 'not json'), at<string>(3, 'a', null))
  const { recordsIn, recordsOut, commits, droppedRecords, tasks } = driver.metrics()
  // In: three, and two from the repartition topic. Out: two there, one result, one changelog record.
  expect({ recordsIn, recordsOut, commits, droppedRecords }).toEqual({
    recordsIn: 5,
    recordsOut: 4,
    commits: 3,
    droppedRecords: 1,
  })
  expect(tasks).toEqual([expect.objectContaining({ dropped: { 'null-value': 1 }, errors: { 'decode:continue': 1 } })])
})

describe('errors', () => {
  const picky = declared((builder) => {
    const picked = builder.stream('in', serdes).mapValues((value) => {
      if (value === 2) throw new RangeError('two is too many')
      return value
    })
    picked.to('again', serdes)
    builder.stream('again', serdes).to('out', serdes)
  })

  test('by default pipe throws, and as the app would have stopped it throws the same from then on', async () => {
    const driver = await createTestDriver(picky)
    const input = await driver.inputTopic('in', serdes)
    const output = await driver.outputTopic('out', serdes)
    const failure = 'in-map-values failed on the record at in-0 offset 1: RangeError: two is too many'
    expect(() => input.pipe(at(1, 'a', 1), at(2, 'a', 2))).toThrow(failure)
    expect(() => input.pipe(at(3, 'a', 3))).toThrow(failure)
    expect(lines(output.read())).toEqual(['a=1@1'])
  })

  test('a record that cannot be decoded is thrown as that', async () => {
    const driver = await createTestDriver(picky)
    const input = await driver.inputTopic('in', { key: string(), value: string() })
    expect(() => input.pipe(at(1, 'a', 'not json'))).toThrowError(
      expect.objectContaining({ code: 'MILLRACE_DECODE_FAILED', nodeName: 'in' }),
    )
  })

  test('what cannot be decoded from a topic that the topology itself wrote is that source’s error, not the sink’s', async () => {
    const unreadable = declared((builder) => {
      builder.stream('in', { key: string(), value: string() }).to('again', { key: string(), value: string() })
      builder.stream('again', serdes).to('out', serdes)
    })
    const driver = await createTestDriver(unreadable)
    const input = await driver.inputTopic('in', { key: string(), value: string() })
    expect(() => input.pipe(at(1, 'a', 'not json'))).toThrowError(
      expect.objectContaining({ code: 'MILLRACE_DECODE_FAILED', topic: 'again', nodeName: 'again' }),
    )
  })

  test('handlers answer for single stages, and dead letters can be read', async () => {
    const driver = await createTestDriver(picky, { errors: { process: () => 'dead-letter' }, deadLetterTopic: 'dead' })
    const input = await driver.inputTopic('in', serdes)
    const dead = await driver.outputTopic('dead', serdes)
    input.pipe(at(1, 'a', 2), at(2, 'a', 3))
    const [letter, ...others] = dead.read()
    expect([letter!.key, letter!.value, letter!.timestamp, others]).toEqual(['a', 2, 1, []])
    expect(letter!.headers.map(([name]) => name)).toContain('__streams.errors.message')
    expect(lines((await driver.outputTopic('out', serdes)).read())).toEqual(['a=3@2'])
  })
})

describe('with a schema registry', () => {
  interface Payment {
    readonly amount: number
  }
  const record = (name: string, fields: readonly unknown[]): object => ({ type: 'record', name, fields })
  const payment = avro<Payment>(record('Payment', [{ name: 'amount', type: 'double' }]))
  const refund = avro<{ reason: string }>(record('Refund', [{ name: 'reason', type: 'string' }]))

  test('one in memory serves topology and test', async () => {
    const doubled = declared((builder) => {
      const payments = builder.stream('in', { key: string(), value: payment })
      payments
        .mapValues(({ amount }) => ({ amount: amount * 2 }), { value: payment })
        .toTable({ store: 'latest' })
        .toStream()
        .to('out', { key: string(), value: payment })
    })
    const driver = await createTestDriver(doubled, { registry: memoryRegistry() })
    const input = await driver.inputTopic('in', { key: string(), value: payment })
    const output = await driver.outputTopic('out', { key: string(), value: payment })
    input.pipe(at(1, 'a', { amount: 2 }))
    expect(output.read()).toEqual([{ key: 'a', value: { amount: 4 }, timestamp: 1, headers: [] }])
  })

  test('the two sides of an outer join may have schemas that have nothing in common', async () => {
    const joined = declared((builder) => {
      const payments = builder.stream('payments', { key: string(), value: payment })
      const refunds = builder.stream('refunds', { key: string(), value: refund })
      payments
        .outerJoin(refunds, (p, r) => `${p?.amount ?? '-'} ${r?.reason ?? '-'}`, { within: 5, grace: 0, name: 'j' })
        .to('out', { key: string(), value: string() })
    })
    const driver = await createTestDriver(joined, { registry: memoryRegistry() })
    const payments = await driver.inputTopic('payments', { key: string(), value: payment })
    const refunds = await driver.inputTopic('refunds', { key: string(), value: refund })
    const output = await driver.outputTopic('out', { key: string(), value: string() })
    payments.pipe(at(1, 'a', { amount: 1 }))
    refunds.pipe(at(2, 'b', { reason: 'broken' }), at(3, 'a', { reason: 'late' }), at(99, 'c', { reason: 'none' }))
    expect(lines(output.read())).toEqual(['a=1 late@3', 'b=- broken@2'])
  })
})
