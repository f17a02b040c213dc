import { describe, expect, test } from 'vitest'
import {
  hopping,
  json,
  session,
  sliding,
  string,
  sumOf,
  topology,
  tumbling,
  windowStore,
  type KStream,
  type KTable,
  type StreamsBuilder,
  type Windowed,
} from 'millrace'
import { createTestDriver, type TestDriverOptions, type TestRecord, type TopologyTestDriver } from 'millrace/testing'

const serdes = { key: string(), value: json<number>() }
type Stream = KStream<string, number>

function flat(table: KTable<Windowed<string>, number>): KStream<string, number | null> {
  return table.toStream({
    selectKey: (_value, { key, window }) => `${key}@${window.start}-${window.end}`,
    key: string(),
  })
}

interface Rig {
  readonly driver: TopologyTestDriver
  send(timestamp: number, key: string, value: number | null, topic?: string): void
  /** `key=value@timestamp` of what came since the last call. */
  out(): readonly string[]
  dropped(): number
}

async function rig(
  build: (one: Stream, builder: StreamsBuilder) => KStream<any, any>,
  options: TestDriverOptions = { idleAfter: '10s' },
): Promise<Rig> {
  const declared = topology('idle', (builder) => {
    build(builder.stream('in', serdes), builder).to('out', serdes)
  })
  const driver = await createTestDriver(declared, options)
  const topics = [...new Set(driver.plan.subtopologies.flatMap(({ sources }) => sources.map(({ topic }) => topic)))]
  const inputs = new Map(
    await Promise.all(topics.map(async (name) => [name, await driver.inputTopic(name, serdes)] as const)),
  )
  const output = await driver.outputTopic('out', serdes)
  const line = ({ key, value, timestamp }: TestRecord<string, number>): string => `${key}=${value}@${timestamp}`
  return {
    driver,
    send: (timestamp, key, value, topic = 'in') => inputs.get(topic)!.pipe({ key, value, timestamp }),
    out: () => output.read().map(line),
    dropped: () => driver.metrics().droppedRecords,
  }
}

const minutes = tumbling({ size: '1m', grace: '5s' })
const suppressed = (one: Stream): KStream<string, number | null> =>
  flat(one.groupByKey().windowedBy(minutes).count().suppress({ until: 'window-close' }))

describe('stream time of an idle task', () => {
  test('follows the wall clock from the last record on, once the time without input is over', async () => {
    const { driver, send, out } = await rig(suppressed)
    send(50_000, 'a', 1)
    driver.advanceWallClockTime(9_999)
    expect(out()).toEqual([])
    driver.advanceWallClockTime(5_000)
    // 50 s and the 15 s since are the minute and its grace
    expect(out()).toEqual([])
    driver.advanceWallClockTime(1)
    expect(out()).toEqual(['a@0-60000=1@50000'])
    driver.advanceWallClockTime('1h')
    expect(out()).toEqual([])
  })

  test('stands where nobody asked for it', async () => {
    const { driver, send, out } = await rig(suppressed, {})
    send(50_000, 'a', 1)
    driver.advanceWallClockTime('30d')
    expect(out()).toEqual([])
  })

  test('stands before the first record, and starts to wait anew with each', async () => {
    const { driver, send, out } = await rig(suppressed)
    driver.advanceWallClockTime('1h')
    send(50_000, 'a', 1)
    for (let second = 0; second < 100; second += 9) {
      driver.advanceWallClockTime('9s')
      send(50_000, 'a', 1)
    }
    expect(out()).toEqual([])
    driver.advanceWallClockTime('15s')
    expect(out()).toEqual(['a@0-60000=13@50000'])
  })

  test('makes late what comes after it, which is dropped and counted; what is not late counts, each once', async () => {
    const { driver, send, out, dropped } = await rig(suppressed)
    send(50_000, 'a', 1)
    driver.advanceWallClockTime('15s')
    out()
    send(51_000, 'a', 1)
    expect(driver.metrics().tasks[0]!.dropped).toEqual({ late: 1 })
    send(62_000, 'a', 1)
    send(200_000, 'b', 1)
    expect(out()).toEqual(['a@60000-120000=1@62000'])
    expect(dropped()).toBe(1)
  })
})

describe('results that wait for time come out, with the timestamps they would have had', () => {
  const windows: readonly (readonly [string, (one: Stream) => KStream<any, any>, readonly string[]])[] = [
    [
      'tumbling windows',
      (one) => flat(one.groupByKey().windowedBy(minutes).emitStrategy('window-close').count()),
      ['a@0-60000=2@20000', 'b@0-60000=1@30000'],
    ],
    [
      'hopping windows',
      (one) =>
        flat(
          one
            .groupByKey()
            .windowedBy(hopping({ size: '1m', advance: '30s', grace: 0 }))
            .emitStrategy('window-close')
            .count(),
        ),
      ['a@0-60000=2@20000', 'b@0-60000=1@30000', 'b@30000-90000=1@30000'],
    ],
    [
      'sliding windows',
      (one) =>
        flat(
          one
            .groupByKey()
            .windowedBy(sliding({ difference: '15s', grace: 0 }))
            .emitStrategy('window-close')
            .count(),
        ),
      ['a@0-15000=1@10000', 'a@5000-20000=2@20000', 'a@10001-25001=1@20000', 'b@15000-30000=1@30000'],
    ],
    [
      'sessions',
      (one) =>
        flat(
          one
            .groupByKey()
            .windowedBy(session({ gap: '15s', grace: 0 }))
            .emitStrategy('window-close')
            .count(),
        ),
      ['a@10000-20000=2@20000', 'b@30000-30000=1@30000'],
    ],
    ['suppress until the window closes', suppressed, ['a@0-60000=2@20000', 'b@0-60000=1@30000']],
    [
      'suppress for a time',
      (one) => one.toTable(serdes).suppress({ until: 'time-limit', duration: '1m' }).toStream(),
      ['a=2@20000', 'b=3@30000'],
    ],
  ]

  test.each(windows)('%s', async (_, build, expected) => {
    const { driver, send, out, dropped } = await rig(build)
    send(10_000, 'a', 1)
    send(20_000, 'a', 2)
    send(30_000, 'b', 3)
    const early = out()
    driver.advanceWallClockTime('1h')
    expect([...early, ...out()]).toEqual(expected)
    send(10_000_000, 'z', 1)
    send(20_000_000, 'z', 1)
    expect(out().filter((line) => !line.startsWith('z'))).toEqual([])
    expect(dropped()).toBe(0)
  })

  test('unmatched records of left and outer joins, whichever window is the longer one', async () => {
    const join = (one: Stream, builder: StreamsBuilder): Stream =>
      one.outerJoin(builder.stream('two', serdes), (a, b) => (a ?? 0) * 100 + (b ?? 0), {
        within: { before: '10s', after: '60s' },
        grace: '5s',
      })
    const { driver, send, out } = await rig(join)
    send(10_000, 'a', 1)
    send(11_000, 'b', 2, 'two')
    send(12_000, 'c', 3)
    send(13_000, 'c', 4, 'two')
    expect(out()).toEqual(['c=304@13000'])
    driver.advanceWallClockTime('14s')
    expect(out()).toEqual(['b=2@11000'])
    driver.advanceWallClockTime('47s')
    expect(out()).toEqual([])
    driver.advanceWallClockTime('2s')
    expect(out()).toEqual(['a=100@10000'])
    driver.advanceWallClockTime('1h')
    send(5_000_000, 'z', 1, 'two')
    send(6_000_000, 'z', 1)
    expect(out().filter((line) => !line.startsWith('z'))).toEqual([])
  })

  test('records that wait for late updates of a table', async () => {
    const { driver, send, out } = await rig((one, builder) =>
      one.leftJoin(
        builder.table('table', { ...serdes, versioned: { historyRetention: '1h' } }),
        (a, b) => a * 100 + (b ?? 0),
        { ...serdes, grace: '30s' },
      ),
    )
    send(5_000, 'a', 7, 'table')
    send(10_000, 'a', 1)
    send(11_000, 'b', 2)
    driver.advanceWallClockTime('29s')
    expect(out()).toEqual(['a=107@10000'])
    driver.advanceWallClockTime('1s')
    expect(out()).toEqual(['b=200@11000'])
  })

  test('punctuations by stream time', async () => {
    const times: number[] = []
    const { driver, send } = await rig((one) =>
      one.process<string, number>(() => ({
        init(context) {
          context.schedule('1m', 'stream-time', (time) => void times.push(time))
        },
        process(record, context) {
          context.forward(record)
        },
      })),
    )
    send(60_000, 'a', 1)
    times.splice(0)
    driver.advanceWallClockTime('2m')
    expect(times).toEqual([120_000, 180_000])
  })
})

describe('what is remembered for a time is forgotten', () => {
  test('the entries of over', async () => {
    const { driver, send, out } = await rig((one) =>
      one
        .groupByKey()
        .over({ ranges: { hour: '1h' }, aggregate: sumOf((value: number) => value), name: 'sums' })
        .mapValues(({ over }) => over.hour, { value: json<number>() }),
    )
    send(1_000, 'a', 1)
    driver.advanceWallClockTime('2h')
    expect(driver.keyValueStore<string, unknown>('sums')).toHaveProperty('entryCount', 0)
    out()
    send(2_000, 'a', 1)
    expect(out()).toEqual([])
    expect(driver.metrics().tasks[0]!.dropped).toEqual({ late: 1 })
  })

  test('the ids of dedupe', async () => {
    const { driver, send, out } = await rig((one) =>
      one.dedupe({ id: (value) => value, within: '1m', late: 'drop', name: 'ids' }),
    )
    send(1_000, 'a', 1)
    driver.advanceWallClockTime('1h')
    expect(driver.windowStore('ids')).toHaveProperty('entryCount', 0)
    send(2_000, 'a', 2)
    expect(out()).toEqual(['a=1@1000'])
    expect(driver.metrics().tasks[0]!.dropped).toEqual({ late: 1 })
  })

  test('windows beyond their retention, of aggregates and of processors', async () => {
    const seen = windowStore('seen', { ...serdes, size: '1m', retention: '10m' })
    const { driver, send } = await rig((one) => {
      one.groupByKey().windowedBy(minutes).count({ store: 'counts', retention: '10m' })
      return one.process<string, number>(
        () => ({
          process(record, context) {
            context.store(seen).put(record.key, record.value, 0)
          },
        }),
        { stores: [seen], ...serdes },
      )
    })
    send(1_000, 'a', 1)
    expect([...driver.windowStore('seen')!.all()]).toHaveLength(1)
    driver.advanceWallClockTime('11m')
    expect([...driver.windowStore('seen')!.all()]).toEqual([])
    expect([...driver.windowStore('counts')!.all()]).toEqual([])
  })
})

describe('what is held back', () => {
  const seconds = tumbling({ size: '1s', grace: 0 })
  const summed = (one: Stream): KStream<any, any> =>
    flat(
      one
        .groupByKey()
        .windowedBy(seconds)
        .emitStrategy('window-close')
        .reduce((a, b) => a + b),
    )
  const stages: readonly (readonly [string, (one: Stream) => KStream<any, any>, readonly string[]])[] = [
    [
      'in the same task',
      (one) => one.toTable(serdes).suppress({ until: 'time-limit', duration: '1m' }).toStream(),
      ['a@58000-59000=2@58500', 'b@66000-67000=3@66500'],
    ],
    [
      'before a repartition topic',
      (one) =>
        flat(one.groupByKey().windowedBy(minutes).emitStrategy('window-close').count()).map(
          (value) => ({ key: 'all', value: value ?? 0 }),
          serdes,
        ),
      ['all@58000-59000=2@58500', 'all@66000-67000=1@66500'],
    ],
  ]

  test.each(stages)('is not late for the time that passes below it: %s', async (_, first, expected) => {
    const { driver, send, out, dropped } = await rig((one) => summed(first(one)))
    send(1_000, 'a', 1)
    send(58_500, 'a', 2)
    const early = out()
    send(66_500, 'b', 3)
    driver.advanceWallClockTime('1h')
    expect([...early, ...out()]).toEqual(expected)
    expect(dropped()).toBe(0)
  })
})
